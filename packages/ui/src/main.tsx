/** Entry of the Control UI: asks for the connection first, draws second. */

import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app.tsx";
import { app } from "./store/app.ts";
import { storedPreferences } from "./store/preferences.ts";
import { routeFrom } from "./store/route.ts";
import { oneTimeCode, signInFromAddress } from "./store/sign-in.ts";
import "./styles.css";

const route = oneTimeCode(location.hash) ? null : routeFrom(location.hash);
const currentKey = route?.page === "chat" && route.key ? route.key : "";
app.update((state) => ({ ...state, ...storedPreferences(), currentKey }));
void signInFromAddress();

const root = document.getElementById("root");
if (root) {
  createRoot(root).render(
    <StrictMode>
      <App />
    </StrictMode>,
  );
}
