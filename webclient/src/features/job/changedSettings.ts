import type { FormValues, Settings } from "../../form/values";

/** Of the settings that were read from `values`, those that differ from `before`: nothing else is sent. */
export function changedSettings(settings: Settings, values: FormValues, before: FormValues): Partial<Settings> {
  const parameters = Object.entries(settings.parameters).filter(
    ([name]) => values.parameters[name] !== before.parameters[name],
  );
  return {
    ...(values.prompt !== before.prompt && { prompt: settings.prompt }),
    ...(settings.seed !== undefined && values.seed !== before.seed && { seed: settings.seed }),
    ...(parameters.length > 0 && { parameters: Object.fromEntries(parameters) }),
  };
}
