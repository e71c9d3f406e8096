import { Type } from 'class-transformer';
import { IsInt, IsOptional, IsString, Length, Max, Min } from 'class-validator';

/** The two fields that every list in pages has. */
export class PageQuery {
  /** Items per page */
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(500)
  limit?: number;

  /** Continue token of the page before */
  @IsOptional()
  @IsString()
  @Length(1, 8192)
  continue?: string;
}
