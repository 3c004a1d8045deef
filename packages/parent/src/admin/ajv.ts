/** How requests are checked: as they are. Nothing is coerced (a `"10"` is no weight), dropped or filled in. */
export const strictAjv = {
  customOptions: { coerceTypes: false, removeAdditional: false, useDefaults: false },
} as const;
