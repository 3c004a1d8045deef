/** Stands in for `@node-rs/bcrypt` inside the executable: the same functions, from the library that it carries. */
import { loadNative } from './load-native.ts';

type Bcrypt = typeof import('@node-rs/bcrypt');

const native = loadNative('bcrypt.node') as Bcrypt;
export const { hash, verify } = native;
