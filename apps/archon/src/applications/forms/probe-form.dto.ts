import { IsIn, IsString, Length, Matches } from 'class-validator';
import { IfGiven, NestedList, PortOrName, Texts, Whole } from './form-fields.decorator.js';

const MAX_SECONDS = 2 ** 31 - 1;

class ProbeHeaderForm {
  /** @example "X-Probe" */
  @IsString()
  @Matches(/^[-A-Za-z0-9]{1,256}$/, { message: 'must be the name of an HTTP header' })
  name: string;

  @IsString()
  @Length(0, 4096)
  value: string;
}

/** How it is found out whether a container is well. */
export class ProbeForm {
  /** `EXEC` runs a command in the container */
  @IsIn(['HTTP', 'HTTPS', 'TCP', 'EXEC'], { message: 'must be HTTP, HTTPS, TCP or EXEC' })
  protocol: 'HTTP' | 'HTTPS' | 'TCP' | 'EXEC';

  /** Of HTTP, HTTPS and TCP */
  @IfGiven()
  @PortOrName()
  port?: number | string;

  /** Of HTTP and HTTPS; by default `/` */
  @IfGiven()
  @IsString()
  @Matches(/^\//, { message: 'must begin with "/", such as /healthz' })
  path?: string;

  /** Of HTTP and HTTPS */
  @IfGiven()
  @NestedList(() => ProbeHeaderForm, { max: 50 })
  headers?: ProbeHeaderForm[];

  /** Of EXEC: program and arguments */
  @IfGiven()
  @Texts({ max: 100 })
  command?: string[];

  /** Before the first look; by default 300 */
  @IfGiven()
  @Whole(0, MAX_SECONDS)
  initialDelaySeconds?: number;

  /** Between two looks, 1 to 120; by default 60 */
  @IfGiven()
  @Whole(1, 120)
  periodSeconds?: number;

  /** How long one look may take, 1 to 300; by default 30 */
  @IfGiven()
  @Whole(1, 300)
  timeoutSeconds?: number;

  /** Looks in a row that must go well; 0 and 1 mean the same. Above 1 only of a readiness probe */
  @IfGiven()
  @Whole(0, MAX_SECONDS)
  successThreshold?: number;

  /** Failures in a row before something is done; by default 5. With 0 nothing is ever done, so there is no probe */
  @IfGiven()
  @Whole(0, MAX_SECONDS)
  failureThreshold?: number;
}
