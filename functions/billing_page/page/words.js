// The words of the page. Message files hold them, one for each area and language; the build picks the language.
export const language = document.documentElement.lang;

const RIGHT_TO_LEFT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]/;
const plurals = new Intl.PluralRules(language);

/** Format numbers, dates, and amounts as the language and the reader's region do. */
export const locale = navigator.languages.find((name) => name.split("-")[0] === language) ?? { en: "en-US", fr: "fr-CA" }[language];

/**
 * The function that writes the messages of an area: `t("key", {name: value})` fills `{name}` of the message. A message with
 * plural forms (`{"one": …, "other": …}`) is chosen by the number `count`, and `{count}` shows it. With an element among the
 * values, the result is a list of children for `h`.
 */
export function translator(messages) {
	return (key, values = {}) => {
		const message = messages[key];
		const text = typeof message === "object" ? message[plurals.select(values.count)] ?? message.other : message;
		if (text === undefined) throw new Error(`No message ${key}.`);
		const parts = text.split(/\{(\w+)\}/).map((part, index) => (index % 2 ? shown(values[part], part) : part)).filter((part) => part !== "");
		return parts.some((part) => typeof part === "object") ? parts : parts.join("");
	};
}

function shown(value, name) {
	if (value === undefined) throw new Error(`No value for {${name}}.`);
	if (typeof value === "number") return new Intl.NumberFormat(locale).format(value);
	return RIGHT_TO_LEFT.test(value) && typeof value === "string" ? `\u2068${value}\u2069` : value; // Keeps the words around it in order.
}
