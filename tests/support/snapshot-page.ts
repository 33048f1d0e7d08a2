/** Admin, Storage and snapshots, open in a browser and signed in. */

import type { Browser } from "playwright-core";
import { openSurface, type Surface } from "./browser.ts";
import type { Server } from "./server.ts";
import { isReady } from "./ui.ts";

export async function openSnapshotPage(browser: Browser, server: Server, width: number, dark: boolean): Promise<Surface> {
  const { events } = await server.run("link");
  // A restore begins the object anew, and a bucket that is refused is an answer.
  const surface = await openSurface(browser, String(events[0]?.link), { width, dark, expected: /WebSocket|ERR_CONNECTION|503/ });
  await isReady(surface.page);
  await surface.page.goto(`${server.url}#/admin/snapshots`);
  await surface.page.getByRole("button", { name: "Make one now" }).waitFor();
  return surface;
}
