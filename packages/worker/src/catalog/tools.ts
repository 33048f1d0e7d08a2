/** Every tool of the product, in the order the model sees them. */

import type { Tool } from "../agent/tool.ts";
import { bash } from "../tools/bash.ts";
import { edit } from "../tools/edit.ts";
import { jobs } from "../tools/jobs.ts";
import { ls } from "../tools/ls.ts";
import { read } from "../tools/read.ts";
import { search } from "../tools/search.ts";
import { webFetch } from "../tools/web-fetch.ts";
import { write } from "../tools/write.ts";

export const tools: readonly Tool[] = [read, write, edit, ls, search, bash, jobs, webFetch];
