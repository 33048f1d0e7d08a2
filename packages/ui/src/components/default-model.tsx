/** Which model answers where a conversation has not chosen its own. */

import { useApp } from "../store/app.ts";
import { patchConfig } from "../store/config.ts";

export function DefaultModel() {
  const models = useApp((state) => state.models);
  const chosen = useApp((state) => state.defaultModel);
  const available = models.filter((model) => model.available);
  const groups = [...new Set(available.map((model) => model.provider))];
  return (
    <div className="flex flex-col gap-1">
      <label htmlFor="default-model" className="font-semibold">
        The assistant's model
      </label>
      <p id="default-model-about" className="text-sm text-soft">
        Each conversation may choose another below its field.
      </p>
      <select
        id="default-model"
        aria-describedby="default-model-about"
        className="field mt-1 max-w-md"
        value={available.some((model) => model.ref === chosen) ? chosen : ""}
        onChange={(event) => {
          const model = event.target.value;
          void patchConfig({ agent: { model } }, (state) => ({ ...state, defaultModel: model }));
        }}
      >
        {!available.some((model) => model.ref === chosen) && <option value="">{chosen || "None yet"}</option>}
        {groups.map((group) => (
          <optgroup key={group} label={group}>
            {available
              .filter((model) => model.provider === group)
              .map((model) => (
                <option key={model.ref} value={model.ref}>
                  {model.name}
                </option>
              ))}
          </optgroup>
        ))}
      </select>
    </div>
  );
}
