import { ApiProperty } from '@nestjs/swagger';
import { ArrayMaxSize, ArrayMinSize, ArrayUnique, IsIn, IsIP, IsString, Length } from 'class-validator';
import { KubernetesName } from '../../http/kubernetes-name.decorator.js';
import { IsLabels } from '../../http/labels.decorator.js';
import { ContainerForm, InitContainerForm } from './container-form.dto.js';
import { AmountOrPercent, IfGiven, Nested, NestedList, ObjectName, Texts, Whole } from './form-fields.decorator.js';
import { ClaimTemplateForm, VolumeForm } from './volume-form.dto.js';

export const WORKLOAD_FORM_KINDS = ['Deployment', 'DaemonSet', 'StatefulSet'] as const;
const MAX_INT32 = 2 ** 31 - 1;
const DNS_NAMES = /^[a-z0-9]([-.a-z0-9]{0,251}[a-z0-9])?$/;
const NAMES_MESSAGE = 'must hold names of lower-case letters, digits, "-" and "."';

/** An update goes on while Pods run: how many more, and how many fewer there may be meanwhile. */
export class UpdateStrategyForm {
  /** Pods above the wanted number; a percentage is rounded up. Deployment: 1 by default, DaemonSet: 0. Not of a StatefulSet */
  @IfGiven()
  @AmountOrPercent()
  maxSurge?: number | string;

  /** Pods that may be missing; a percentage is rounded down. By default 1. Not of a StatefulSet */
  @IfGiven()
  @AmountOrPercent()
  maxUnavailable?: number | string;

  /** Of a StatefulSet: Pods with a lower ordinal stay as they are */
  @IfGiven()
  @Whole(0, MAX_INT32)
  partition?: number;
}

/** A rule about which Pods are on the same node, or in the same zone. */
export class PodAffinityForm {
  /** Together with the Pods that it selects, or apart from them */
  @IsIn(['PodAffinity', 'PodAntiAffinity'], { message: 'must be PodAffinity or PodAntiAffinity' })
  type: 'PodAffinity' | 'PodAntiAffinity';

  /** `Required`: a Pod for which it can't be kept does not start; `Preferred`: it starts elsewhere */
  @IsIn(['Required', 'Preferred'], { message: 'must be Required or Preferred' })
  mode: 'Required' | 'Preferred';

  /** The label of nodes that says which are the same place; by default each node is one */
  @IfGiven()
  @IsString()
  @Length(1, 317)
  topologyKey?: string;

  /** The labels of the other Pods */
  @IsLabels()
  matchLabels: Record<string, string>;

  /** How much a preferred rule counts, from 1 to 100; by default 100 */
  @IfGiven()
  @Whole(1, 100)
  weight?: number;
}

class StaticIPsForm {
  /** Addresses for the Pods: at least as many as there are Pods */
  @IfGiven()
  @ApiProperty({ type: [String], example: ['10.16.0.15'], required: false })
  @ArrayMinSize(1, { message: 'must have at least 1 address' })
  @ArrayMaxSize(1_000, { message: 'must have at most 1000 addresses' })
  @IsIP(undefined, { each: true, message: 'must hold IP addresses, such as 10.16.0.15' })
  @ArrayUnique({ message: 'must not hold an address twice' })
  staticIPs?: string[];
}

export class KubeOvnForm extends StaticIPsForm {
  /** Most that comes in to a Pod, in Mbit/s */
  @IfGiven()
  @Whole(1, 1_000_000)
  ingressRateMbps?: number;

  /** Most that goes out of a Pod, in Mbit/s */
  @IfGiven()
  @Whole(1, 1_000_000)
  egressRateMbps?: number;

  /** By default that of the namespace */
  @IfGiven()
  @ObjectName()
  subnet?: string;
}

/** What only some networks of clusters can do; of these a cluster has one. */
export class NetworkForm {
  @IfGiven()
  @Nested(() => KubeOvnForm)
  kubeOvn?: KubeOvnForm;

  @IfGiven()
  @Nested(() => StaticIPsForm)
  calico?: StaticIPsForm;
}

export class WorkloadForm {
  @IsIn(WORKLOAD_FORM_KINDS, { message: 'must be Deployment, DaemonSet or StatefulSet' })
  kind: (typeof WORKLOAD_FORM_KINDS)[number];

  /** @example "web" */
  @KubernetesName()
  name: string;

  /** How many Pods; by default 1. Not of a DaemonSet, which has one on each node */
  @IfGiven()
  @Whole(0, MAX_INT32)
  replicas?: number;

  @IfGiven()
  @Nested(() => UpdateStrategyForm)
  updateStrategy?: UpdateStrategyForm;

  /** Of a StatefulSet: a claim of its own for each Pod. Containers mount it by its name */
  @IfGiven()
  @NestedList(() => ClaimTemplateForm, { max: 20 })
  volumeClaimTemplates?: ClaimTemplateForm[];

  @IfGiven()
  @NestedList(() => VolumeForm, { max: 50 })
  volumes?: VolumeForm[];

  /** Names of Secrets for registries that ask who pulls */
  @IfGiven()
  @Texts({ max: 20, matches: DNS_NAMES, message: NAMES_MESSAGE })
  imagePullSecrets?: string[];

  /** How long a Pod may take to end; 0 kills it at once. By default 30 */
  @IfGiven()
  @Whole(0, MAX_INT32)
  terminationGracePeriodSeconds?: number;

  /** Labels of the nodes that it may run on */
  @IfGiven()
  @IsLabels()
  nodeSelector?: Record<string, string>;

  @IfGiven()
  @NestedList(() => PodAffinityForm, { max: 20 })
  affinity?: PodAffinityForm[];

  @IfGiven()
  @Nested(() => NetworkForm)
  network?: NetworkForm;

  @NestedList(() => ContainerForm, { min: 1, max: 20 })
  containers: ContainerForm[];

  /** Run one after the other, and end, before the containers start */
  @IfGiven()
  @NestedList(() => InitContainerForm, { max: 20 })
  initContainers?: InitContainerForm[];
}
