import { IsIn, IsString } from 'class-validator';
import { KubernetesName } from '../../http/kubernetes-name.decorator.js';
import { IsAnnotations, IsLabels } from '../../http/labels.decorator.js';
import { APPLICATION_API_VERSION } from '../application-document.js';
import { IfGiven, Nested, NestedList } from './form-fields.decorator.js';
import { IngressForm, ServiceForm } from './route-form.dto.js';
import { WorkloadForm } from './workload-form.dto.js';

class ApplicationFormMetadata {
  /** @example "shop" */
  @KubernetesName()
  name: string;

  /** That of the URL */
  @IfGiven()
  @IsString()
  namespace?: string;

  @IfGiven()
  @IsLabels()
  labels?: Record<string, string>;

  /** `cpaas.io/display-name` is how people call the application */
  @IfGiven()
  @IsAnnotations()
  annotations?: Record<string, string>;
}

class ApplicationFormSpec {
  /** What runs the image */
  @Nested(() => WorkloadForm)
  workload: WorkloadForm;

  /** How its Pods are reached */
  @IfGiven()
  @NestedList(() => ServiceForm, { max: 20 })
  services?: ServiceForm[];

  /** How its Services are reached over HTTP from outside the cluster */
  @IfGiven()
  @NestedList(() => IngressForm, { max: 20 })
  ingresses?: IngressForm[];
}

/** An application that runs an image: what the objects that it is made of follow from. */
export class ApplicationForm {
  /** @example "app.k8s.io/v1beta1" */
  @IsIn([APPLICATION_API_VERSION], { message: `must be ${APPLICATION_API_VERSION}` })
  apiVersion: typeof APPLICATION_API_VERSION;

  /** @example "ApplicationForm" */
  @IsIn(['ApplicationForm'], { message: 'must be ApplicationForm' })
  kind: 'ApplicationForm';

  @Nested(() => ApplicationFormMetadata)
  metadata: ApplicationFormMetadata;

  @Nested(() => ApplicationFormSpec)
  spec: ApplicationFormSpec;
}
