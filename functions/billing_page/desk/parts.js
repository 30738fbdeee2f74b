// Parts of all views of the desk: rights, addresses, facts, and words.
import { h } from "../page/dom.js";
import { count } from "../page/format.js";
import { person } from "../page/session.js";
import { settings } from "../page/settings.js";

/** Whether the person may move money and change settings. The API checks every permission again. */
export const mayAct = () => person().isAdmin;
export const isStaff = () => mayAct() || person().groups.includes(settings.support_group);
export const role = () => (mayAct() ? "Finance" : "Support");

export const WHY_NOT = "Only members of the finance group may do this.";

/** A button of an action. Without the right, it is disabled and says why. `isForSupport`: support may use it, too. */
export function actButton(label, onclick, { isForSupport = false, looks = "", why = null, name = null } = {}) {
	const reason = why ?? (isForSupport || mayAct() ? null : WHY_NOT);
	return h("button", { class: looks, onclick, disabled: reason !== null, title: reason, "aria-label": name }, label);
}

/** Buttons of actions, and below them why some are disabled. That only finance may act is said once, above. */
export function actions(...buttons) {
	const reasons = new Set(buttons.filter(Boolean).map((button) => button.title).filter((reason) => reason && reason !== WHY_NOT));
	return [h("div.actions", buttons), [...reasons].map((reason) => h("p.hint", reason))];
}

/** The path of an account at the API, with the parts that follow. */
export const apiPath = (id, ...parts) => ["/operator/accounts", ...[id, ...parts].map(encodeURIComponent)].join("/");

/** The address of a view of the desk. */
export const place = (parameters) => `#${new URLSearchParams(parameters)}`;
export const accountPlace = (id, more = {}) => place({ account: id, ...more });

/** A list of names and values; a value of null is left out. */
export const facts = (...rows) => h("dl.sum.facts", rows.filter((row) => row && row[1] != null && row[1] !== "").map(([name, value, looks]) => h("div", { class: looks }, h("dt", name), h("dd", value))));

export const card = (title, ...content) => {
	const id = `card-${title.toLowerCase().replace(/\W+/g, "-")}`;
	return h("section.card", { "aria-labelledby": id }, h("h2", { id }, title), ...content);
};

/** A code such as `limits_changed` in words: "Limits changed". */
export function wordsOf(code) {
	const words = String(code).replace(/_/g, " ");
	return words.charAt(0).toUpperCase() + words.slice(1);
}

/** Included minutes of an account or a line: "the UK, 100 a month". Null without any. */
export const bundleText = (bundles) => bundles?.map(({ name, minutes }) => `${name}, ${count(minutes)} a month`).join("; ") || null;

export const pill = (words, looks = "") => h("span", { class: `pill ${looks}` }, words);
export const yesNo = (value) => (value ? "Yes" : "No");

/** A value of a recorded change, as text. */
export function valueOf(value) {
	if (value === null || value === undefined) return "none";
	if (Array.isArray(value)) return value.map(valueOf).join(", ") || "none";
	if (typeof value === "object") return Object.entries(value).map(([name, one]) => `${wordsOf(name).toLowerCase()}: ${valueOf(one)}`).join("; ");
	return String(value);
}
