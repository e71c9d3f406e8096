/** Another replica follows the cluster by now: what this one knows of it is no longer written. */
export class LeaseLost extends Error {
  constructor() {
    super('another replica follows the cluster');
  }
}
