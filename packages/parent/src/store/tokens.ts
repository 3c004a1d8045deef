/** Join tokens: made, used once, revoked. */
import type { TokenInfo } from '@ficus/common/api/admin.ts';
import { FicusError } from '@ficus/common/errors.ts';
import type { ChildTable } from './children.ts';
import { iso, type StoreContext } from './context.ts';
import type { Store, TokenRecord } from './store.ts';
import { checkChange, checkToken } from './validate.ts';

interface Row {
  id: string;
  secret_hash: string;
  child: string;
  workloads: string;
  created_at: number;
  expires_at: number;
  used_at: number | null;
  revoked_at: number | null;
  key_hash: string | null;
  certificate: string | null;
  sealed: string | null;
}

/** The part of the store that lets new children in. */
export function tokenTable(
  { database, clock, history, write }: StoreContext,
  childTable: ChildTable,
): Pick<Store, 'tokens' | 'token' | 'createToken' | 'revokeToken' | 'redeemToken'> {
  const byId = database.prepare('SELECT * FROM tokens WHERE id = ?');
  const consume = database.prepare(
    `UPDATE tokens SET used_at = ?2, key_hash = ?3, certificate = ?4
     WHERE id = ?1 AND used_at IS NULL AND revoked_at IS NULL AND expires_at > ?2`,
  );
  const row = (id: string) => byId.get(id) as Row | undefined;

  return {
    tokens: () =>
      (database.prepare('SELECT * FROM tokens ORDER BY created_at DESC, id').all() as unknown as Row[]).map(
        (found) => toInfo(found, clock.now()),
      ),

    token(id) {
      const found = row(id);
      return found === undefined ? undefined : toRecord(found, clock.now());
    },

    createToken(token, change) {
      checkChange(change);
      checkToken(token);
      return write(() => {
        const now = clock.now();
        const { id, secretHash, child, workloads, ttlMs, sealed = null } = token;
        database
          .prepare('INSERT INTO tokens VALUES (?, ?, ?, ?, ?, ?, NULL, NULL, NULL, NULL, ?)')
          .run(id, secretHash, child, JSON.stringify(workloads), now, now + ttlMs, sealed);
        history.append(change, {
          action: 'token.create',
          subject: id,
          before: null,
          after: { child, workloads, expiresAt: iso(now + ttlMs) },
        });
        return toInfo(row(id)!, now);
      });
    },

    revokeToken(id, change) {
      checkChange(change);
      return write(() => {
        const found = row(id);
        if (found === undefined) throw tokenRefusal('unknown', 404);
        const { state } = toInfo(found, clock.now());
        if (state === 'used' || state === 'revoked') throw tokenRefusal(state, 409);
        database.prepare('UPDATE tokens SET revoked_at = ? WHERE id = ?').run(clock.now(), id);
        return history.append(change, {
          action: 'token.revoke',
          subject: id,
          before: { state, child: found.child },
          after: { state: 'revoked', child: found.child },
        });
      });
    },

    redeemToken({ id, keyHash, certificate, address, actor }) {
      return write(() => {
        const now = clock.now();
        const { changes } = consume.run(id, now, keyHash, certificate.pem);
        const token = row(id);
        if (token === undefined) throw tokenRefusal('unknown');
        if (changes !== 1) {
          const again = token.key_hash === keyHash && token.expires_at > now && token.revoked_at === null;
          const { state } = toInfo(token, now);
          if (!again) throw tokenRefusal(state === 'unused' ? 'used' : state);
          // The reply was lost: the same key gets the same certificate.
          return { child: childTable.required(token.child), certificate: token.certificate! };
        }
        const before = childTable.child(token.child);
        const workloads = JSON.parse(token.workloads) as string[];
        const child = childTable.enrol({ name: token.child, address, workloads }, certificate);
        history.append(
          { actor, reason: `redeemed token ${id}` },
          {
            action: 'child.join',
            subject: child.name,
            before: before ?? null,
            after: {
              address,
              workloads,
              serial: certificate.serial,
              notAfter: certificate.notAfter,
              token: id,
            },
          },
        );
        return { child, certificate: certificate.pem };
      });
    },
  };
}

/** Why a token is of no use; `forged`: the id is known, the secret is wrong. */
export type TokenRefusal = 'unknown' | 'forged' | 'used' | 'expired' | 'revoked';

const sentences: Record<TokenRefusal, string> = {
  unknown: 'want a token that this parent made, found one it does not know',
  forged: 'want the whole token as it was printed, found one with a wrong secret',
  used: 'want an unused token, found one that another key has used',
  expired: 'want a token that is still good, found one that has expired',
  revoked: 'want a token that is still good, found one that was revoked',
};

/** The refusal with its own code, `token.<why>`; 403 unless given. */
export function tokenRefusal(why: TokenRefusal, status = 403): FicusError {
  return new FicusError(`token.${why}`, sentences[why], {
    status,
    remedy: 'create a new one on the parent: ficus token create',
  });
}

function toInfo(row: Row, now: number): TokenInfo {
  return {
    id: row.id,
    child: row.child,
    workloads: JSON.parse(row.workloads) as string[],
    createdAt: iso(row.created_at),
    expiresAt: iso(row.expires_at),
    state:
      row.revoked_at !== null
        ? 'revoked'
        : row.used_at !== null
          ? 'used'
          : row.expires_at <= now
            ? 'expired'
            : 'unused',
  };
}

function toRecord(row: Row, now: number): TokenRecord {
  return {
    ...toInfo(row, now),
    secretHash: row.secret_hash,
    ...(row.key_hash === null || row.certificate === null
      ? {}
      : { redeemed: { keyHash: row.key_hash, certificate: row.certificate } }),
    ...(row.sealed === null ? {} : { sealed: row.sealed }),
  };
}
