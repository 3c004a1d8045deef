/** OData 4.01 `$filter` and `$orderby`, as much of them as Prism Central is asked in practice. */
import { schemaError } from '../wire/errors.ts';
import { type Token, tokens } from './filter-tokens.ts';

/** What may be asked of one kind of row. */
export interface Field<Row> {
  readonly get: (row: Row) => string | number | boolean | undefined;
  /** Literals must be of this enum: `Vmm.Ahv.Config.PowerState`. */
  readonly enumType?: string;
}

/** A list inside a row, for `name/any(x:x/member eq '…')`. */
export type Collection<Row> = (row: Row) => readonly Readonly<Record<string, string>>[];

export interface Fields<Row> {
  readonly fields: Readonly<Record<string, Field<Row>>>;
  readonly collections?: Readonly<Record<string, Collection<Row>>>;
}

type Value = string | number | boolean | null;
type Getter<Row> = { readonly get: (row: Row) => Value | undefined; readonly enumType?: string };
type Test<Row> = (row: Row) => boolean;

/** Throws a schema error for what it cannot read or does not know. */
export function compileFilter<Row>(text: string, known: Fields<Row>): Test<Row> {
  const parser = new Parser<Row>(tokens(text), (name) => known.fields[name], known.collections ?? {});
  const test = parser.or();
  parser.end();
  return test;
}

/** `name desc,createTime`. */
export function compileOrder<Row>(text: string, known: Fields<Row>): (left: Row, right: Row) => number {
  const keys = text.split(',').map((part) => {
    const [name = '', direction = 'asc', ...more] = part.trim().split(/\s+/);
    const field = known.fields[name];
    if (field === undefined || more.length > 0 || !['asc', 'desc'].includes(direction))
      throw schemaError('query.$orderby', '$orderby', `Cannot order by '${part.trim()}'`);
    return { get: field.get, sign: direction === 'asc' ? 1 : -1 };
  });
  return (left, right) => {
    for (const { get, sign } of keys) {
      const order = compare(get(left), get(right));
      if (order !== 0) return order * sign;
    }
    return 0;
  };
}

class Parser<Row> {
  readonly #tokens: readonly Token[];
  readonly #field: (name: string) => Field<Row> | undefined;
  readonly #collections: Readonly<Record<string, Collection<Row>>>;
  #at = 0;
  #depth = 0;

  constructor(
    list: readonly Token[],
    field: (name: string) => Field<Row> | undefined,
    collections: Readonly<Record<string, Collection<Row>>>,
  ) {
    this.#tokens = list;
    this.#field = field;
    this.#collections = collections;
  }

  or(): Test<Row> {
    let left = this.#and();
    while (this.#word('or')) {
      const before = left;
      const right = this.#and();
      left = (row) => before(row) || right(row);
    }
    return left;
  }

  end(): void {
    if (this.#at < this.#tokens.length) throw bad(`unexpected '${this.#tokens[this.#at]?.text}'`);
  }

  #and(): Test<Row> {
    let left = this.#not();
    while (this.#word('and')) {
      const before = left;
      const right = this.#not();
      left = (row) => before(row) && right(row);
    }
    return left;
  }

  #not(): Test<Row> {
    if (this.#depth++ > 50) throw bad('nested too deep');
    const negated = this.#word('not');
    const test = negated ? this.#not() : this.#primary();
    this.#depth--;
    return negated ? (row) => !test(row) : test;
  }

  #primary(): Test<Row> {
    if (this.#symbol('(')) {
      const test = this.or();
      this.#expect(')');
      return test;
    }
    const name = this.#name();
    if ((name === 'startswith' || name === 'contains') && this.#symbol('(')) {
      const { get } = this.#known(this.#name());
      this.#expect(',');
      const part = this.#literal({ get });
      this.#expect(')');
      if (typeof part !== 'string') throw bad(`${name} wants a string`);
      return (row) => {
        const value = get(row);
        if (typeof value !== 'string') return false;
        return name === 'startswith' ? value.startsWith(part) : value.includes(part);
      };
    }
    if (name.endsWith('/any')) return this.#any(name.slice(0, -'/any'.length));
    return this.#comparison(this.#known(name));
  }

  #comparison(field: Getter<Row>): Test<Row> {
    const operator = this.#name();
    if (operator === 'in') {
      this.#expect('(');
      const values = [this.#literal(field)];
      while (this.#symbol(',')) values.push(this.#literal(field));
      this.#expect(')');
      return (row) => values.includes(field.get(row) ?? null);
    }
    const test = comparisons[operator];
    if (test === undefined) throw bad(`unknown operator '${operator}'`);
    const literal = this.#literal(field);
    return (row) => test(field.get(row) ?? null, literal);
  }

  #any(name: string): Test<Row> {
    const collection = this.#collections[name];
    if (collection === undefined) throw bad(`unknown collection '${name}'`);
    this.#expect('(');
    const variable = this.#name();
    this.#expect(':');
    const inner = new Parser<Readonly<Record<string, string>>>(
      this.#tokens,
      (path) => {
        if (!path.startsWith(`${variable}/`)) return undefined;
        const member = path.slice(variable.length + 1);
        return { get: (item) => item[member] };
      },
      {},
    );
    inner.#at = this.#at;
    const test = inner.or();
    this.#at = inner.#at;
    this.#expect(')');
    return (row) => collection(row).some(test);
  }

  #known(name: string): Getter<Row> {
    const field = this.#field(name);
    if (field === undefined) throw bad(`unknown property '${name}'`);
    return field;
  }

  #literal(field: Getter<Row>): Value {
    const token = this.#tokens[this.#at++];
    if (token === undefined) throw bad('it ends where a literal should be');
    if (token.kind === 'enum') {
      if (token.type !== field.enumType) throw bad(`'${token.text}' is no literal of ${field.enumType}`);
      return token.value;
    }
    if (token.kind === 'string' && field.enumType === undefined) return token.value;
    if (token.kind === 'name' && token.text === 'null') return null;
    if (token.kind === 'name' && (token.text === 'true' || token.text === 'false'))
      return token.text === 'true';
    if (token.kind === 'number') return Number(token.text);
    throw bad(`'${token.text}' is no literal here`);
  }

  #name(): string {
    const token = this.#tokens[this.#at++];
    if (token?.kind !== 'name') throw bad(`a name should be at '${token?.text ?? 'the end'}'`);
    return token.text;
  }

  #word(word: string): boolean {
    const token = this.#tokens[this.#at];
    if (token?.kind !== 'name' || token.text !== word) return false;
    this.#at++;
    return true;
  }

  #symbol(symbol: string): boolean {
    const token = this.#tokens[this.#at];
    if (token?.kind !== 'symbol' || token.text !== symbol) return false;
    this.#at++;
    return true;
  }

  #expect(symbol: string): void {
    if (!this.#symbol(symbol)) throw bad(`'${symbol}' is missing`);
  }
}

const comparisons: Readonly<Record<string, (left: Value, right: Value) => boolean>> = {
  eq: (left, right) => left === right,
  ne: (left, right) => left !== right,
  gt: (left, right) => left !== null && right !== null && left > right,
  lt: (left, right) => left !== null && right !== null && left < right,
  ge: (left, right) => left !== null && right !== null && left >= right,
  le: (left, right) => left !== null && right !== null && left <= right,
};

function compare(left: Value | undefined, right: Value | undefined): number {
  if (left === right) return 0;
  return String(left ?? '') < String(right ?? '') ? -1 : 1;
}

const bad = (why: string) => schemaError('query.$filter', '$filter', `The filter cannot be read: ${why}`);
