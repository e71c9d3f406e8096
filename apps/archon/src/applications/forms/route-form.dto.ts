import { IsBoolean, IsIn, IsString, Matches } from 'class-validator';
import { KubernetesName } from '../../http/kubernetes-name.decorator.js';
import { IfGiven, Nested, NestedList, ObjectName, Port, PortName, PortOrName, Texts } from './form-fields.decorator.js';

const HOST = /^(\*\.)?[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const HOST_MESSAGE = 'must be a lower-case DNS name such as shop.example.org or *.example.org';

class ServicePortForm {
  /** By default, where there are several: protocol and port */
  @IfGiven()
  @PortName()
  name?: string;

  /** @example 80 */
  @Port()
  port: number;

  /** A port of a container, by number or name; by default `port` */
  @IfGiven()
  @PortOrName()
  targetPort?: number | string;

  /** By default TCP */
  @IfGiven()
  @IsIn(['TCP', 'UDP'], { message: 'must be TCP or UDP' })
  protocol?: 'TCP' | 'UDP';

  /** On each node; not of a ClusterIP. By default the cluster chooses it */
  @IfGiven()
  @Port()
  nodePort?: number;
}

export class ServiceForm {
  /** By default the workload's, of further ones with a number behind it. That of a StatefulSet should stay so */
  @IfGiven()
  @KubernetesName()
  name?: string;

  /** By default ClusterIP */
  @IfGiven()
  @IsIn(['ClusterIP', 'NodePort', 'LoadBalancer'], { message: 'must be ClusterIP, NodePort or LoadBalancer' })
  type?: 'ClusterIP' | 'NodePort' | 'LoadBalancer';

  /** Without an address of its own: its name stands for the addresses of the Pods. Only of a ClusterIP */
  @IfGiven()
  @IsBoolean({ message: 'must be true or false' })
  headless?: boolean;

  /** `ClientIP`: a client always meets the same Pod */
  @IfGiven()
  @IsIn(['None', 'ClientIP'], { message: 'must be None or ClientIP' })
  sessionAffinity?: 'None' | 'ClientIP';

  @NestedList(() => ServicePortForm, { min: 1, max: 50 })
  ports: ServicePortForm[];
}

class IngressBackendForm {
  /** A Service of this form */
  @KubernetesName()
  name: string;

  /** One of its ports */
  @PortOrName()
  port: number | string;
}

class IngressPathForm {
  /** By default `/` */
  @IfGiven()
  @IsString()
  @Matches(/^\//, { message: 'must begin with "/"' })
  path?: string;

  /** By default Prefix */
  @IfGiven()
  @IsIn(['Prefix', 'Exact', 'ImplementationSpecific'], { message: 'must be Prefix, Exact or ImplementationSpecific' })
  pathType?: 'Prefix' | 'Exact' | 'ImplementationSpecific';

  @Nested(() => IngressBackendForm)
  service: IngressBackendForm;
}

class IngressRuleForm {
  /** By default any */
  @IfGiven()
  @IsString()
  @Matches(HOST, { message: HOST_MESSAGE })
  host?: string;

  @NestedList(() => IngressPathForm, { min: 1, max: 50 })
  paths: IngressPathForm[];
}

class IngressTlsForm {
  @Texts({ min: 1, max: 50, matches: HOST, message: HOST_MESSAGE })
  hosts: string[];

  /** A Secret of type kubernetes.io/tls */
  @ObjectName()
  secretName: string;
}

export class IngressForm {
  /** By default the workload's, of further ones with a number behind it */
  @IfGiven()
  @KubernetesName()
  name?: string;

  /** By default the cluster's */
  @IfGiven()
  @ObjectName()
  ingressClassName?: string;

  @NestedList(() => IngressRuleForm, { min: 1, max: 50 })
  rules: IngressRuleForm[];

  @IfGiven()
  @NestedList(() => IngressTlsForm, { max: 50 })
  tls?: IngressTlsForm[];
}
