import { ApiProperty } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsInt, IsOptional, Max, Min } from 'class-validator';

export class TopologyQuery {
  /** Steps from the object at most; 2 unless given */
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(0)
  @Max(10)
  depth?: number;
}

export class TopologyEdgeResponse {
  type: 'Owner' | 'Reference' | 'Selector';

  /** UID of the owner, of whoever refers, of whoever selects */
  from: string;

  to: string;
}

export class TopologyResponse {
  /** Objects by UID, each with `state`: one word for how it is doing */
  @ApiProperty({ type: 'object', additionalProperties: { type: 'object', additionalProperties: true } })
  nodes: Record<string, object>;

  edges: TopologyEdgeResponse[];
}
