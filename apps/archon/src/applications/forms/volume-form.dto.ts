import { IsArray, IsBoolean, IsIn, IsString, Matches } from 'class-validator';
import { KubernetesName } from '../../http/kubernetes-name.decorator.js';
import { IfGiven, Nested, ObjectName, Quantity } from './form-fields.decorator.js';

const ACCESS_MODES = ['ReadWriteOnce', 'ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOncePod'] as const;
const HOST_PATH_TYPES = ['DirectoryOrCreate', 'Directory', 'FileOrCreate', 'File', 'Socket', 'CharDevice', 'BlockDevice'] as const;

/** Storage that is asked of a storage class. */
export class ClaimForm {
  /** @example "1Gi" */
  @Quantity('1Gi')
  size: string;

  /** By default the cluster's */
  @IfGiven()
  @ObjectName()
  storageClassName?: string;

  /** By default ReadWriteOnce: one node reads and writes */
  @IfGiven()
  @IsArray({ message: 'must be a list' })
  @IsIn(ACCESS_MODES, { each: true, message: `must hold ${ACCESS_MODES.join(', ')}` })
  accessModes?: (typeof ACCESS_MODES)[number][];
}

export class ClaimTemplateForm extends ClaimForm {
  /** @example "data" */
  @KubernetesName()
  name: string;
}

class ClaimVolumeForm {
  /** A PersistentVolumeClaim that is bound */
  @ObjectName()
  claimName: string;

  @IfGiven()
  @IsBoolean({ message: 'must be true or false' })
  readOnly?: boolean;
}

class ConfigMapVolumeForm {
  @ObjectName()
  name: string;
}

class SecretVolumeForm {
  @ObjectName()
  secretName: string;
}

class EmptyDirForm {
  /** `Memory`: in the memory of the node */
  @IfGiven()
  @IsIn(['Memory'], { message: 'must be Memory, or left out for the disk of the node' })
  medium?: 'Memory';

  /** @example "100Mi" */
  @IfGiven()
  @Quantity('100Mi')
  sizeLimit?: string;
}

class HostPathForm {
  /** A directory or file of the node */
  @IsString()
  @Matches(/^\//, { message: 'must begin with "/": it is a path on the node' })
  path: string;

  @IfGiven()
  @IsIn(HOST_PATH_TYPES, { message: `must be one of ${HOST_PATH_TYPES.join(', ')}` })
  type?: (typeof HOST_PATH_TYPES)[number];
}

/** A volume of the Pods, of exactly one of these kinds. */
export class VolumeForm {
  /** By which containers mount it */
  @KubernetesName()
  name: string;

  @IfGiven()
  @Nested(() => ClaimVolumeForm)
  persistentVolumeClaim?: ClaimVolumeForm;

  @IfGiven()
  @Nested(() => ConfigMapVolumeForm)
  configMap?: ConfigMapVolumeForm;

  @IfGiven()
  @Nested(() => SecretVolumeForm)
  secret?: SecretVolumeForm;

  /** Empty when the Pod starts, gone with it */
  @IfGiven()
  @Nested(() => EmptyDirForm)
  emptyDir?: EmptyDirForm;

  @IfGiven()
  @Nested(() => HostPathForm)
  hostPath?: HostPathForm;

  /** A claim that lives as long as its Pod */
  @IfGiven()
  @Nested(() => ClaimForm)
  ephemeral?: ClaimForm;
}
