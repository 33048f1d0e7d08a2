/** Which build runs here, and which one should: what the files on disk hold, or what the Worker in front was deployed with. */

export interface Build {
  /** Digest of the whole Worker: the same files give the same id, on one machine and on Cloudflare. */
  id: string;
  version: string;
  /** ISO time. */
  builtAt: string;
}

export interface WantedBuild extends Build {
  /** Who says so: the files beside the supervisor, or the Worker that hands requests to this object. */
  by: "files" | "front";
}

export interface BuildWatch {
  readonly running: Build;
  /** Undefined while nobody has said. */
  wanted(): WantedBuild | undefined;
  /** True when another build than the running one should run. */
  isBehind(): boolean;
  saw(build: WantedBuild): void;
}

export const buildHeader = "x-moltworker-build";

export function createBuildWatch(running: Build): BuildWatch {
  let wanted: WantedBuild | undefined;
  return {
    running,
    wanted: () => wanted,
    isBehind: () => wanted !== undefined && wanted.id !== running.id,
    saw(build) {
      // The files beside the supervisor are the last word where there is one.
      if (build.by === "front" && wanted?.by === "files") return;
      wanted = build;
    },
  };
}

/** What the front says of itself in a header; undefined when it does not, or not well. */
export function buildFromHeader(text: string | null): Build | undefined {
  const [id, version, builtAt] = (text ?? "").split(" ");
  return id && version && builtAt ? { id, version, builtAt } : undefined;
}

export const buildToHeader = ({ id, version, builtAt }: Build): string => `${id} ${version} ${builtAt}`;
