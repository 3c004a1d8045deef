/** What the aliases (`*name`) and merge keys (`<<`) of a YAML document stand for. */
import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  visit,
  type YAMLMap,
} from 'yaml';

/** Aliases and anchors in one document; more are refused before anything is unfolded. */
const most = 5000;

export class Anchors {
  readonly #targets = new Map<Alias, Node>();
  /** There is not one. */
  none = true;

  /** Resolves every alias in one pass; undefined when there are more than 5000. */
  static of(document: Document.Parsed): Anchors | undefined {
    const anchors = new Anchors();
    const latest = new Map<string, Node>();
    let count = 0;
    visit(document, {
      Node(_, node) {
        if (isAlias(node)) {
          const target = latest.get(node.source);
          if (target !== undefined) anchors.#targets.set(node, target);
        } else if (node.anchor !== undefined) {
          latest.set(node.anchor, node as Node);
        } else {
          return undefined;
        }
        count += 1;
        return count > most ? visit.BREAK : undefined;
      },
    });
    anchors.none = count === 0;
    return count > most ? undefined : anchors;
  }

  resolve(node: Node | null): Node | null | undefined {
    return isAlias(node) ? this.#targets.get(node) : node;
  }

  /** The maps that a merge key brings in, first wins; undefined for each thing that is no map. */
  merged(pair: Pair): (YAMLMap | undefined)[] {
    const value = this.resolve(pair.value as Node | null);
    const items = isSeq(value) ? value.items.map((item) => this.resolve(item as Node | null)) : [value];
    return items.map((item) => (isMap(item) ? item : undefined));
  }
}

export function isMergeKey(pair: Pair): boolean {
  return isScalar(pair.key) && pair.key.value === '<<' && pair.key.type === 'PLAIN';
}
