/**
 * The article "disconnected (1008): Invalid or missing token", row by row: what it says, and what must be true of this
 * product instead. A row without a story names the part of the product that it waits for.
 */

export interface ArticleRow {
  id: string;
  /** What the article says happens, or tells people to do. */
  says: string;
  /** What is true here. */
  instead: string;
  /** The row is not shown yet, because of this. */
  waitsFor?: string;
}

export const articleRows = [
  {
    id: "loading-page",
    says: 'Stuck at "Waiting for Moltworker to load"',
    instead: "A start that fails ends within seconds with its cause and cure; the page never waits for anything else to start",
  },
  {
    id: "exit-code-1",
    says: "ProcessExitedBeforeReadyError: Process exited with code 1",
    instead: "A stored setting that is not valid is named with its path; the assistant starts and answers",
  },
  {
    id: "telegram-error",
    says: "Telegram fails with an authentication error",
    instead: "A bad bot token disables Telegram alone and says so",
  },
  {
    id: "token-in-address",
    says: "?token= in the address does not help",
    instead: "It signs in, on any page, with any characters, and vanishes from the address",
  },
  {
    id: "token-shape",
    says: "Re-enter the token; 8 to 16 simple characters may work",
    instead: "Any token of 1 to 512 bytes works, or is refused when it is set, with the reason",
  },
  {
    id: "token-rotation",
    says: "Re-enter the token and redeploy",
    instead: "A new token is in force at once, the old one is dead, nothing restarts",
  },
  {
    id: "delete-container",
    says: "Delete the container and redeploy after changing a secret",
    instead: "A changed key is used by the next call; the message written a moment before is still there",
  },
  {
    id: "build-cache",
    says: "Clear the build cache",
    instead: "The admin shows the build that runs beside the one that should, says so when they differ, and one press cures it",
  },
  {
    id: "gateway-access",
    says: "Open Gateway Access, enter the password, Connect",
    instead: "A new tab is connected without any panel; a secret of another kind is recognised and named",
  },
  {
    id: "config-line",
    says: "Remove a line of the start script that writes a bad key",
    instead: "There is no such script; an import drops such keys and says so",
  },
  {
    id: "poisoned-backup",
    says: "Delete clawdbot.json in R2",
    instead: "A poisoned backup is set aside and the last good one is used",
  },
  {
    id: "stale-process",
    says: "An old process keeps the port",
    instead: "A hung process of an earlier start is ended; the new one serves within ten seconds and the old one cannot answer",
  },
  {
    id: "token-injection",
    says: "A commit injects the token into the WebSocket",
    instead: "The socket is authenticated by the session alone; forged identity headers are nobody",
  },
] as const satisfies readonly ArticleRow[];

export type ArticleRowId = (typeof articleRows)[number]["id"];
