/** Every channel of the product: a way in and out besides the socket. */

import { telegram } from "../channels/telegram/telegram.ts";
import { webhook } from "../channels/webhook/webhook.ts";
import type { Channel } from "../delivery/channel.ts";

export const channels = [telegram, webhook] as readonly Channel[];
