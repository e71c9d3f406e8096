import { Module } from '@nestjs/common';
import { ChangeTrial } from './change-trial.service.js';
import { ObjectLocator } from './object-locator.service.js';

@Module({ providers: [ChangeTrial, ObjectLocator], exports: [ChangeTrial, ObjectLocator] })
export class ManifestsModule {}
