import { Injectable } from '@nestjs/common';
import { ApiError, badRequest } from '#errors';
import type { KubernetesObject } from '#kubernetes';
import type { Principal } from '../../auth/principal.js';
import { AppConfig } from '../../config.module.js';
import { validationPipe } from '../../http/validation.pipe.js';
import { isMapping } from '../../manifests/manifest-objects.js';
import { type ApplicationPlace, ApplicationsService, type NotedOptions } from '../applications.service.js';
import { ApplicationForm } from './application-form.dto.js';
import { questionsOf } from './form-facts.js';
import { FormFactsService } from './form-facts.service.js';
import { asFormCauses, formComponents, toApplication } from './form-documents.js';

/** Applications from a form or from documents. */
@Injectable()
export class ApplicationForms {
  private readonly validation = validationPipe();

  constructor(
    private readonly applications: ApplicationsService,
    private readonly facts: FormFactsService,
    private readonly config: AppConfig,
  ) {}

  /** Creates an application from what `from` names: a form, or when it is left out the documents themselves. Throws 400 for another word. */
  create(
    caller: Principal,
    place: ApplicationPlace,
    documents: readonly unknown[],
    { from, name, ...options }: NotedOptions & { from?: string | undefined; name?: string | undefined },
  ): Promise<KubernetesObject> {
    if (from === undefined) return this.applications.create(caller, place, documents, { ...options, name });
    if (from !== 'form') throw badRequest('from must be "form" for an ApplicationForm; leave it out for an Application and its components');
    if (name !== undefined) throw badRequest('name is for components without an Application: a form has its name in metadata.name');
    return this.createFromForm(caller, place, documents, options);
  }

  /** All or nothing. A dry run answers the Application with the objects that it would be made of in `spec.componentTemplates`. */
  private async createFromForm(
    caller: Principal,
    place: ApplicationPlace,
    documents: readonly unknown[],
    options: NotedOptions,
  ): Promise<KubernetesObject> {
    const form = await this.read(documents);
    const facts = await this.facts.gather(await this.applications.target(caller, place), place.namespace, questionsOf(form));
    const components = formComponents(form, facts, this.config.labelBaseDomain);
    const application = toApplication(form, components);
    try {
      const answer = await this.applications.create(caller, place, [application], options);
      return options.dryRun ? { ...answer, spec: { ...(answer.spec as object), ...(application.spec as object) } } : answer;
    } catch (error) {
      if (!(error instanceof ApiError) || error.details?.causes === undefined) throw error;
      throw error.with({ causes: asFormCauses(error.details, components) });
    }
  }

  private async read(documents: readonly unknown[]): Promise<ApplicationForm> {
    const [document] = documents;
    if (documents.length !== 1 || !isMapping(document)) throw badRequest('the body must be one ApplicationForm, as JSON or YAML');
    return (await this.validation.transform(document, { type: 'body', metatype: ApplicationForm })) as ApplicationForm;
  }
}
