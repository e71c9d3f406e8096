import { IsBoolean, IsIn, IsString, Length, Matches } from 'class-validator';
import { KubernetesName } from '../../http/kubernetes-name.decorator.js';
import { IfGiven, MapAsSent, Nested, NestedList, ObjectName, Port, PortName, Quantity, Texts } from './form-fields.decorator.js';
import { ProbeForm } from './probe-form.dto.js';

const LOG_FILE = /^[^,\s]+$/;
const LOG_FILES = { max: 50, matches: LOG_FILE, message: 'must hold paths such as /var/log/*.log, without commas and blanks' };

export class AmountsForm {
  /** @example "500m" */
  @IfGiven()
  @Quantity('500m')
  cpu?: string;

  /** @example "512Mi" */
  @IfGiven()
  @Quantity('512Mi')
  memory?: string;
}

export class ResourcesForm {
  /** What it gets for certain. Not where the namespace has an over-commit ratio: there it follows from the limit */
  @IfGiven()
  @Nested(() => AmountsForm)
  requests?: AmountsForm;

  /** The most it gets */
  @IfGiven()
  @Nested(() => AmountsForm)
  limits?: AmountsForm;
}

class VolumeMountForm {
  /** Of a volume of the workload */
  @KubernetesName()
  name: string;

  /** @example "/data" */
  @IsString()
  @Length(1, 4096)
  mountPath: string;

  /** Only this file or directory of the volume; of a ConfigMap or Secret: this key */
  @IfGiven()
  @IsString()
  @Length(1, 4096)
  @Matches(/^(?!\/)(?!(?:.*\/)?\.\.(?:\/|$))/, { message: 'must be a path within the volume: not beginning with "/", and without ".."' })
  subPath?: string;

  @IfGiven()
  @IsBoolean({ message: 'must be true or false' })
  readOnly?: boolean;
}

class ContainerPortForm {
  /** @example "http" */
  @IfGiven()
  @PortName()
  name?: string;

  /** @example 8080 */
  @Port()
  containerPort: number;

  /** By default TCP */
  @IfGiven()
  @IsIn(['TCP', 'UDP'], { message: 'must be TCP or UDP' })
  protocol?: 'TCP' | 'UDP';
}

class KeyRefForm {
  @ObjectName()
  name: string;

  @IsString()
  @Matches(/^[-._a-zA-Z0-9]{1,253}$/, { message: 'must be a key: letters, digits, "-", "_" and "."' })
  key: string;
}

class FieldRefForm {
  /** @example "status.podIP" */
  @IsString()
  @Length(1, 512)
  fieldPath: string;
}

class ResourceFieldRefForm {
  /** By default the container itself */
  @IfGiven()
  @KubernetesName()
  containerName?: string;

  /** @example "limits.cpu" */
  @IsString()
  @Length(1, 253)
  resource: string;

  /** The unit: `1m` gives thousandths */
  @IfGiven()
  @Quantity('1m')
  divisor?: string;
}

/** Where a value comes from: exactly one of these. */
class EnvSourceForm {
  @IfGiven()
  @Nested(() => KeyRefForm)
  configMapKeyRef?: KeyRefForm;

  @IfGiven()
  @Nested(() => KeyRefForm)
  secretKeyRef?: KeyRefForm;

  /** A field of the Pod */
  @IfGiven()
  @Nested(() => FieldRefForm)
  fieldRef?: FieldRefForm;

  /** A request or limit of a container */
  @IfGiven()
  @Nested(() => ResourceFieldRefForm)
  resourceFieldRef?: ResourceFieldRefForm;
}

/** An environment variable: with a value, or with a place to take it from. */
class EnvForm {
  /** @example "GREETING" */
  @IsString()
  @Matches(/^[\x21-\x3c\x3e-\x7e]{1,1024}$/, { message: 'must be visible ASCII without blanks and "="' })
  name: string;

  @IfGiven()
  @IsString()
  value?: string;

  @IfGiven()
  @Nested(() => EnvSourceForm)
  valueFrom?: EnvSourceForm;
}

class NamedForm {
  @ObjectName()
  name: string;
}

/** All keys of a ConfigMap, or of a Secret of type Opaque or kubernetes.io/basic-auth. */
class EnvFromForm {
  @IfGiven()
  @Nested(() => NamedForm)
  configMapRef?: NamedForm;

  @IfGiven()
  @Nested(() => NamedForm)
  secretRef?: NamedForm;
}

class PreStopForm {
  /** Program and arguments, done before the container is asked to end; both within the time that a Pod has to end */
  @Texts({ min: 1, max: 100 })
  command: string[];
}

/** A container that ends before the others start. */
export class InitContainerForm {
  /** @example "web" */
  @KubernetesName()
  name: string;

  /** @example "registry.example.org/shop/web:1.4" */
  @IsString()
  @Matches(/^\S{1,1024}$/, { message: 'must be the address of an image, such as registry.example.org/shop/web:1.4' })
  image: string;

  @IfGiven()
  @IsIn(['Always', 'IfNotPresent', 'Never'], { message: 'must be Always, IfNotPresent or Never' })
  imagePullPolicy?: 'Always' | 'IfNotPresent' | 'Never';

  @IfGiven()
  @Nested(() => ResourcesForm)
  resources?: ResourcesForm;

  /**
   * Whole devices and the like, as nodes name them
   * @example {"nvidia.com/gpu": "1"}
   */
  @IfGiven()
  @MapAsSent()
  extendedResources?: Record<string, unknown>;

  @IfGiven()
  @NestedList(() => VolumeMountForm, { max: 50 })
  volumeMounts?: VolumeMountForm[];

  @IfGiven()
  @NestedList(() => ContainerPortForm, { max: 50 })
  ports?: ContainerPortForm[];

  /** Instead of the image's ENTRYPOINT */
  @IfGiven()
  @Texts({ max: 1_000 })
  command?: string[];

  /** Instead of the image's CMD */
  @IfGiven()
  @Texts({ max: 1_000 })
  args?: string[];

  @IfGiven()
  @NestedList(() => EnvForm, { max: 500 })
  env?: EnvForm[];

  @IfGiven()
  @NestedList(() => EnvFromForm, { max: 50 })
  envFrom?: EnvFromForm[];
}

export class ContainerForm extends InitContainerForm {
  /** Restarts the container when it fails */
  @IfGiven()
  @Nested(() => ProbeForm)
  livenessProbe?: ProbeForm;

  /** Keeps requests away from the Pod while it fails */
  @IfGiven()
  @Nested(() => ProbeForm)
  readinessProbe?: ProbeForm;

  /** The others wait until it has gone well */
  @IfGiven()
  @Nested(() => ProbeForm)
  startupProbe?: ProbeForm;

  /** Files whose lines are collected besides what it prints */
  @IfGiven()
  @Texts(LOG_FILES)
  logFiles?: string[];

  /** Files among them that are not */
  @IfGiven()
  @Texts(LOG_FILES)
  excludedLogFiles?: string[];

  @IfGiven()
  @Nested(() => PreStopForm)
  preStop?: PreStopForm;
}
