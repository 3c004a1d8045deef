/** Multi-layer routing: which routers lead to which, and what of that leads nowhere or in circles. */
import type { RouterConfig } from '../config/dynamic.ts';
import type { QName } from './model.ts';
import { Names, type Resolution, reference, showName } from './resolution.ts';
import type { DynamicSource } from './resolve-input.ts';

/** Layers of routers, at most. */
export const maxLayers = 16;

interface Node {
  readonly name: QName;
  readonly config: RouterConfig;
  readonly source: DynamicSource;
  /** Its `parentRefs` that there are, with their places in the list. */
  readonly parents: { readonly node: Node; readonly index: number }[];
  readonly children: Node[];
  /** Serves nothing, for a reason that is listed. */
  refused: boolean;
  /** 1 for roots; 0 while no root is known that leads to it. */
  layer: number;
}

/** What a router is among the others. */
export interface Layer {
  /** Parents it takes requests from; empty for a root. */
  readonly parents: readonly QName[];
  /** Some router names it as its parent. */
  readonly isParent: boolean;
}

const onlyLayer: Layer = { parents: [], isParent: false };

export class RouterLayers {
  readonly #nodes = new Names<Node>();
  readonly #resolution: Resolution;
  /** No router names a parent. */
  #flat = true;

  constructor(sources: readonly DynamicSource[], resolution: Resolution) {
    this.#resolution = resolution;
    // Nearly every configuration has one layer, and perhaps thousands of routers.
    if (
      !sources.some(({ config }) => Object.values(config.http?.routers ?? {}).some((one) => !isRoot(one)))
    ) {
      return;
    }
    this.#flat = false;
    for (const source of sources) {
      for (const [name, config] of Object.entries(source.config.http?.routers ?? {})) {
        const qname: QName = [name, source.provider];
        const node: Node = {
          name: qname,
          config,
          source,
          parents: [],
          children: [],
          refused: false,
          layer: isRoot(config) ? 1 : 0,
        };
        this.#nodes.add(qname, node);
      }
    }
    const nodes = [...this.#nodes.entries()].map(({ value }) => value);
    for (const node of nodes) this.#link(node);
    for (const node of nodes) if (node.children.length > 0) this.#checkParent(node);
    refuseCircles(nodes, (circle) => this.#circle(circle));
    this.#descend(nodes.filter(({ layer, refused }) => layer === 1 && !refused));
    for (const node of nodes) if (node.layer === 0 && !node.refused) this.#unreachable(node);
  }

  /** Undefined: it must not serve, and why is listed. */
  of(name: QName): Layer | undefined {
    if (this.#flat) return onlyLayer;
    const node = this.#nodes.get(name);
    if (node === undefined || node.refused) return undefined;
    return {
      parents: node.parents.map((parent) => parent.node.name),
      isParent: node.children.length > 0,
    };
  }

  #link(node: Node): void {
    const { parentRefs = [] } = node.config;
    for (const [index, written] of parentRefs.entries()) {
      const wanted = reference(written, node.source.provider);
      const parent = this.#nodes.get(wanted);
      if (parent === undefined) {
        this.#refuse(node, this.#nodes.missing('router', written, wanted), ['parentRefs', index]);
      } else if (!node.parents.some((other) => other.node === parent)) {
        node.parents.push({ node: parent, index });
        parent.children.push(node);
      }
    }
  }

  #checkParent(node: Node): void {
    if (node.config.service === undefined) return;
    const [first, ...others] = node.children;
    const more = others.length === 0 ? '' : ` and ${others.length} more`;
    const children = `${showName(first!.name)}${more}`;
    this.#resolution.disable(
      'router',
      showName(node.name),
      `a router that is a parent cannot have a service: its requests go to its children (${children})`,
      { source: node.source, path: ['http', 'routers', node.name[0], 'service'] },
    );
  }

  #circle(circle: readonly Node[]): void {
    const names = circle.map(({ name }) => showName(name));
    const between = names.length > 12 ? [...names.slice(0, 6), '…', ...names.slice(-4)] : names;
    const way = [...between, names[0]].join(' → ');
    for (const [place, node] of circle.entries()) {
      node.refused = true;
      const reason = `its parents lead back to itself: ${way}`;
      const next = circle[(place + 1) % circle.length];
      const index = node.parents.find((parent) => parent.node === next)?.index ?? 0;
      // Told once: the others of the circle are disabled for the same mistake.
      const path = ['http', 'routers', node.name[0], 'parentRefs', index];
      const where = place === 0 ? { source: node.source, path } : undefined;
      this.#resolution.disable('router', showName(node.name), reason, where);
    }
  }

  /** Marks what roots lead to, layer by layer. */
  #descend(roots: readonly Node[]): void {
    let layer = roots;
    for (let depth = 2; layer.length > 0; depth++) {
      const next = new Set<Node>();
      for (const { children } of layer) {
        for (const child of children) if (!child.refused && child.layer < depth) next.add(child);
      }
      for (const node of next) {
        if (depth <= maxLayers) node.layer = depth;
        else
          this.#refuse(node, `it is in layer ${depth} of routers: want at most ${maxLayers}`, ['parentRefs']);
      }
      layer = [...next].filter(({ refused }) => !refused);
    }
  }

  /** Its parents are disabled themselves, which is the mistake that is told. */
  #unreachable(node: Node): void {
    node.refused = true;
    const reason = 'no request reaches it: its parents are disabled';
    this.#resolution.disable('router', showName(node.name), reason);
  }

  #refuse(node: Node, reason: string, path: readonly (string | number)[]): void {
    node.refused = true;
    this.#resolution.disable('router', showName(node.name), reason, {
      source: node.source,
      path: ['http', 'routers', node.name[0], ...path],
    });
  }
}

function isRoot({ parentRefs }: RouterConfig): boolean {
  return parentRefs === undefined || parentRefs.length === 0;
}

/** Finds every circle of parents once, and tells of it in the order in which each leads to the next. */
function refuseCircles(nodes: readonly Node[], tell: (circle: readonly Node[]) => void): void {
  const done = new Set<Node>();
  for (const start of nodes) {
    // The way from `start` up through parents, without recursion: it may be thousands long.
    const way: { readonly node: Node; next: number }[] = [];
    const onWay = new Map<Node, number>();
    const enter = (node: Node): void => {
      if (done.has(node)) return;
      const place = onWay.get(node);
      if (place !== undefined) {
        tell(way.slice(place).map((step) => step.node));
        return;
      }
      onWay.set(node, way.length);
      way.push({ node, next: 0 });
    };
    enter(start);
    for (let step = way.at(-1); step !== undefined; step = way.at(-1)) {
      const parent = step.node.parents[step.next++];
      if (parent !== undefined) {
        enter(parent.node);
        continue;
      }
      done.add(step.node);
      onWay.delete(step.node);
      way.pop();
    }
  }
}
