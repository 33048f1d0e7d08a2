/** Contract of the assistant's files: an opaque virtual tree in SQLite, persistent, never host paths. */

export interface FileStat {
  /** Normalised, relative, `/`-separated, no leading slash: `notes/today.md`. */
  path: string;
  sizeBytes: number;
  /** Epoch milliseconds. */
  updatedAt: number;
}

export interface FileChange {
  path: string;
  /** null deletes. */
  content: Uint8Array | null;
}

export interface Workspace {
  /** Throws INVALID_REQUEST for a path that leaves the tree. undefined when there is no such file. */
  read(path: string): Uint8Array | undefined;
  stat(path: string): FileStat | undefined;
  /** Every file below `prefix`, sorted by path. */
  list(prefix?: string): FileStat[];
  /** Applies all changes in one transaction. Throws PAYLOAD_TOO_LARGE above the limits (10 MB a file, 500 MB in all). */
  apply(changes: FileChange[]): void;
}
