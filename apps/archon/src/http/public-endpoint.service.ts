import { Injectable } from '@nestjs/common';

/** Under which URL, and with which CA, clients reach Archon; known once it listens. */
@Injectable()
export class PublicEndpoint {
  private known: { url: string; certificateAuthority: string | undefined } | undefined;

  set(url: string, certificateAuthority: string | undefined): void {
    this.known = { url, certificateAuthority };
  }

  get url(): string {
    return this.required.url;
  }

  /** PEM of the CA that a client must trust; undefined when the public CAs do, or with plain HTTP. */
  get certificateAuthority(): string | undefined {
    return this.required.certificateAuthority;
  }

  private get required() {
    if (this.known === undefined) throw new Error('Archon does not listen yet');
    return this.known;
  }
}
