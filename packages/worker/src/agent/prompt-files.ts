/** Files of the workspace that every conversation starts from, because they enter the system prompt. */

/** They say who the assistant is and whom it serves: a change always asks. */
export const identityFiles = ["AGENTS.md", "SOUL.md", "IDENTITY.md", "USER.md"] as const;

/** The assistant keeps these up by itself, unless outside text could steer it. */
export const notebookFiles = ["TOOLS.md", "MEMORY.md"] as const;

/** What people who are not the owner meet: the assistant's character, and nothing about the owner. */
export const guestFiles = ["SOUL.md", "IDENTITY.md"] as const;

/** All of them, in the order in which they are read. */
export const promptFiles = [...identityFiles, ...notebookFiles] as const;
