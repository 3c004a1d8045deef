/** A service behind middlewares of its own: what is picked through it goes through them first. */
import type { Middleware } from '../middleware/middleware.ts';
import type { QName } from '../model/model.ts';
import type { Service } from './service.ts';

export class Passing implements Service {
  readonly name: QName;
  readonly inner: Service;
  /** Set once the generation's middlewares are built: they may need services themselves. */
  steps: readonly Middleware[] = [];

  constructor(name: QName, inner: Service) {
    this.name = name;
    this.inner = inner;
  }

  get available(): boolean {
    return this.inner.available;
  }

  get refusal(): Service['refusal'] {
    return this.inner.refusal;
  }

  pick(): Passing {
    return this;
  }

  onAvailability(listener: () => void): void {
    this.inner.onAvailability(listener);
  }
}
