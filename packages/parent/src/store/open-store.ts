/** Puts the store together: lock, database, tables. */
import type { Clock } from '@ficus/common/clock.ts';
import { childTable } from './children.ts';
import { storeContext } from './context.ts';
import { makeDirectory, openDatabase } from './database.ts';
import { storeError } from './errors.ts';
import { openHistory } from './history.ts';
import { legTable } from './legs.ts';
import { takeLock } from './lock.ts';
import type { Store } from './store.ts';
import { tokenTable } from './tokens.ts';

/**
 * Opens the store in `file` (`<stateDirectory>/parent.db`), making it when it isn't there. Throws a FicusError and
 * changes nothing: `store.corrupt`, `store.newer`, `store.in-use`, `store.unwritable`, `store.full`, `store.read-only`.
 */
export function openStore(file: string, { clock }: { readonly clock: Clock }): Store {
  makeDirectory(file);
  const unlock = takeLock(`${file}.lock`);
  try {
    const database = openDatabase(file);
    const history = openHistory(database, clock);
    const context = storeContext(database, file, clock, history);
    const children = childTable(context);
    const { required: _required, enrol: _enrol, ...shown } = children;
    return {
      ...shown,
      ...legTable(context, children),
      ...tokenTable(context, children),
      history: (options) => history.list(options),
      verifyHistory: (options) => history.verify(options),
      onCommit: context.onCommit,
      close() {
        database.close();
        unlock();
      },
    };
  } catch (error) {
    unlock();
    throw storeError(error, file);
  }
}
