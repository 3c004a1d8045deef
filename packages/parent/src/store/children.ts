/** The children and their certificates. */
import type { CertificateInfo, HistoryEntry } from '@ficus/common/api/admin.ts';
import { FicusError } from '@ficus/common/errors.ts';
import { iso, type StoreContext } from './context.ts';
import type { ChildRecord, IssuedCertificate, Store } from './store.ts';
import { checkChange, quote } from './validate.ts';

interface ChildRow {
  name: string;
  address: string;
  workloads: string;
  joined_at: number;
  revoked_at: number | null;
  serial: string;
  not_after: string;
}
interface CertificateRow {
  serial: string;
  child: string;
  uri: string;
  not_before: string;
  not_after: string;
  expires: number;
  revoked_at: number | null;
}

/** Expired certificates stay listed this long. */
const keepExpiredMs = 30 * 86_400_000;

export interface ChildTable
  extends Pick<
    Store,
    'children' | 'child' | 'revokeChild' | 'denied' | 'recordRenewal' | 'certificates' | 'revokeCertificate'
  > {
  /** A child that isn't revoked; throws `child.unknown` or `child.revoked`. */
  required(name: string): ChildRecord;
  /** Within the caller's transaction: the child joined (again) with this certificate. */
  enrol(
    child: Pick<ChildRecord, 'name' | 'address' | 'workloads'>,
    certificate: IssuedCertificate,
  ): ChildRecord;
}

/** The part of the store that knows who belongs to the mesh. */
export function childTable({ database, clock, history, write }: StoreContext): ChildTable {
  const byName = database.prepare('SELECT * FROM children WHERE name = ?');
  const insertCertificate = database.prepare('INSERT INTO certificates VALUES (?, ?, ?, ?, ?, ?, NULL)');

  function child(name: string): ChildRecord | undefined {
    const row = byName.get(name) as ChildRow | undefined;
    return row === undefined ? undefined : toChild(row);
  }

  function required(name: string): ChildRecord {
    const found = child(name);
    if (found === undefined) throw unknownChild(name, table.children());
    if (found.revokedAt !== undefined) throw revokedChild(name);
    return found;
  }

  function keep(name: string, { serial, uri, notBefore, notAfter }: IssuedCertificate): void {
    database.prepare('DELETE FROM certificates WHERE expires < ?').run(clock.now() - keepExpiredMs);
    insertCertificate.run(serial, name, uri, notBefore, notAfter, Date.parse(notAfter));
  }

  const table: ChildTable = {
    children: () =>
      (database.prepare('SELECT * FROM children ORDER BY name').all() as unknown as ChildRow[]).map(toChild),
    child,
    required,

    enrol({ name, address, workloads }, certificate) {
      database
        .prepare(
          `INSERT INTO children VALUES (?1, ?2, ?3, ?4, NULL, ?5, ?6) ON CONFLICT DO UPDATE
           SET address = ?2, workloads = ?3, joined_at = ?4, revoked_at = NULL, serial = ?5, not_after = ?6`,
        )
        .run(name, address, JSON.stringify(workloads), clock.now(), certificate.serial, certificate.notAfter);
      keep(name, certificate);
      return child(name)!;
    },

    recordRenewal(name, certificate, change): HistoryEntry {
      checkChange(change);
      return write(() => {
        const { serial, notAfter } = required(name);
        database
          .prepare('UPDATE children SET serial = ?, not_after = ? WHERE name = ?')
          .run(certificate.serial, certificate.notAfter, name);
        keep(name, certificate);
        return history.append(change, {
          action: 'child.renew',
          subject: name,
          before: { serial, notAfter },
          after: { serial: certificate.serial, notAfter: certificate.notAfter },
        });
      });
    },

    revokeChild(name, change): HistoryEntry {
      checkChange(change);
      return write(() => {
        required(name);
        const now = clock.now();
        database.prepare('UPDATE children SET revoked_at = ? WHERE name = ?').run(now, name);
        // Its tokens too: a replayed join must not hand its certificate out again.
        for (const owned of ['certificates', 'tokens']) {
          database
            .prepare(`UPDATE ${owned} SET revoked_at = ? WHERE child = ? AND revoked_at IS NULL`)
            .run(now, name);
        }
        return history.append(change, {
          action: 'child.revoke',
          subject: name,
          before: { revoked: false },
          after: { revoked: true },
        });
      });
    },

    denied() {
      const names = database.prepare('SELECT name FROM children WHERE revoked_at IS NOT NULL').all();
      const serials = database
        .prepare('SELECT serial FROM certificates WHERE revoked_at IS NOT NULL AND expires > ?')
        .all(clock.now());
      return {
        children: new Set((names as { name: string }[]).map((row) => row.name)),
        serials: new Set((serials as { serial: string }[]).map((row) => row.serial)),
      };
    },

    certificates: () =>
      (
        database
          .prepare('SELECT * FROM certificates ORDER BY child, expires DESC')
          .all() as unknown as CertificateRow[]
      ).map((row) => toCertificate(row, clock.now())),

    revokeCertificate(serial, change): HistoryEntry {
      checkChange(change);
      return write(() => {
        const row = database.prepare('SELECT * FROM certificates WHERE serial = ?').get(serial);
        if (row === undefined) throw unknownCertificate(serial);
        if ((row as unknown as CertificateRow).revoked_at !== null) throw revokedCertificate(serial);
        database.prepare('UPDATE certificates SET revoked_at = ? WHERE serial = ?').run(clock.now(), serial);
        return history.append(change, {
          action: 'certificate.revoke',
          subject: serial,
          before: { revoked: false },
          after: { revoked: true, child: (row as unknown as CertificateRow).child },
        });
      });
    },
  };
  return table;
}

function toChild(row: ChildRow): ChildRecord {
  return {
    name: row.name,
    address: row.address,
    workloads: JSON.parse(row.workloads) as string[],
    joinedAt: iso(row.joined_at),
    ...(row.revoked_at === null ? {} : { revokedAt: iso(row.revoked_at) }),
    serial: row.serial,
    notAfter: row.not_after,
  };
}

function toCertificate(row: CertificateRow, now: number): CertificateInfo {
  return {
    serial: row.serial,
    child: row.child,
    uri: row.uri,
    notBefore: row.not_before,
    notAfter: row.not_after,
    state: row.revoked_at !== null ? 'revoked' : row.expires <= now ? 'expired' : 'valid',
  };
}

function unknownChild(name: string, known: readonly ChildRecord[]): FicusError {
  const names = known.slice(0, 10).map((child) => child.name);
  return new FicusError('child.unknown', `want a joined child, found ${quote(name)}`, {
    status: 404,
    remedy:
      names.length === 0
        ? 'no child has joined yet: see "ficus token create"'
        : `joined: ${names.join(', ')}`,
  });
}

function revokedChild(name: string): FicusError {
  return new FicusError('child.revoked', `child ${quote(name)} is revoked`, {
    status: 409,
    remedy: 'to let it in again, create a token for it and join anew',
  });
}

function unknownCertificate(serial: string): FicusError {
  return new FicusError(
    'certificate.unknown',
    `want the serial of an issued certificate, found ${quote(serial)}`,
    {
      status: 404,
      remedy: 'see "ficus pki list"',
    },
  );
}

function revokedCertificate(serial: string): FicusError {
  return new FicusError('certificate.revoked', `certificate ${serial} is already revoked`, { status: 409 });
}
