/** Everything an end-to-end test needs, in one import. Logs of the processes are shown when a test fails. */
import './show-logs.ts';

export { type ChildProcess, makeChild, startChild, workloadsAsDynamic } from './child.ts';
export { TemporaryDirectory } from './directory.ts';
export { eventually } from './eventually.ts';
export { type CliResult, cliJson, ficusEntry, runCli } from './ficus.ts';
export { type Answer, ask, openSession, pour, read } from './h2-client.ts';
export { type H2Load, type H2LoadReport, h2Load } from './h2-load.ts';
export { type Load, load } from './load.ts';
export type { LoadReport } from './load-report.ts';
export { type Mesh, meshDynamic, startMesh } from './mesh.ts';
export { makeParent, type ParentProcess, quickLifeCycle, startParent } from './parent.ts';
export {
  type Path,
  type PathOptions,
  type ServerCertificate,
  serverCertificate,
  startPath,
  workloadName,
} from './path.ts';
export { freePort } from './ports.ts';
export { childrenOf, Managed, rssOf } from './process.ts';
export { get, type Reply, send } from './request.ts';
export { type RogueChild, startRogueChild } from './rogue-child.ts';
export { type Finished, find, run, type Tool, without } from './tools.ts';
export { startWorkload, type WorkloadProcess } from './workload.ts';
