/** Settings: zod sections, versioned rows, validated before commit. (Contract; implementation follows.) */

export interface ConfigIssue {
  path: string;
  message: string;
}

/** `Settings` is `catalog/sections.ts`'s type; the store is generic so that `config/` does not import the catalog. */
export interface Config<Settings> {
  get<Name extends keyof Settings>(section: Name): Settings[Name];
  snapshot(): { config: Settings; hash: string; issues: ConfigIssue[]; warnings: ConfigIssue[] };
  /** JSON merge patch over the whole. Throws CONFIG_INVALID with `details.issues`, CONFLICT on a stale `baseHash`; nothing changes then. */
  patch(merge: Record<string, unknown>, options: { baseHash?: string; changedBy: string }): { changedPaths: string[]; hash: string };
  /** Called after each commit with the changed section names. */
  onChange(listener: (sections: string[]) => void): void;
}
