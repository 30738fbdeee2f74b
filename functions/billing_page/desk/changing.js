// Actions that change the settings of an account: limits, e-mails, time zone, lines, and users.
import { act } from "./act.js";
import { Problem } from "../page/api.js";
import { count, money } from "../page/format.js";
import { pathOf } from "./settling.js";

const unchanged = () => new Problem(422, "unchanged", "Nothing to change.", "Change at least one value.");

export const LIMITS = { daily_spend: "Spending per day", call_price: "Price of one call", simultaneous_calls: "Calls at a time", high_cost: "High cost per first minute", daily_top_up: "Manual payments per day", first_country_cap: "New country per day", young_money_cap: "New card's credit per day", blocked: "Blocked places", high_cost_allowed: "Allowed high-cost places" };

const CAPS = ["first_country_cap", "young_money_cap"];

export function limitText(name, value) {
	if (value === undefined || value === null) return value === null && CAPS.includes(name) ? "off" : null;
	if (Array.isArray(value)) return value.join(", ") || "none";
	return name === "simultaneous_calls" ? count(value) : money(value);
}

export function changeLimits(account, renew) {
	const before = account.limits.operator;
	const fields = Object.entries(LIMITS).filter(([name]) => before[name] !== undefined).map(([name, label]) => {
		const isList = Array.isArray(before[name]);
		const kind = isList ? "lines" : name === "simultaneous_calls" ? "number" : "amount";
		return { name, label, kind, isZeroAllowed: true, value: isList ? before[name].join("\n") : String(before[name] ?? ""), isOptional: !isList, hint: isList ? "Countries (CU) or prefixes (+1900), one a line" : CAPS.includes(name) ? "Empty: off" : "Empty: the default" };
	});
	const changes = (values) => Object.fromEntries(Object.entries(values).filter(([name, value]) => String(value) !== String(before[name])));
	act({
		title: "Change limits",
		lead: "The customer may set lower limits, never higher ones.",
		id: `limits:${account.account_id}`,
		fields,
		summary(values) {
			const all = Object.entries(changes(values));
			if (!all.length) throw unchanged();
			return all.map(([name, value]) => [LIMITS[name], `${limitText(name, before[name])} → ${limitText(name, value) ?? "default"}`]);
		},
		button: () => "Change limits",
		send: (values) => ({ method: "PUT", path: pathOf(account, "limits"), body: changes(values) }),
		done: () => "Limits changed.",
		after: renew,
	});
}

export function changeName(account, renew) {
	const before = account.name ?? "";
	act({
		title: "Name of the account",
		lead: "Staff find the account by the words of its name.",
		id: `name:${account.account_id}`,
		fields: [{ name: "name", label: "Name", value: before, isOptional: true, hint: "Empty: no name" }],
		summary({ name: now }) {
			if ((now ?? "") === before) throw unchanged();
			return [["Now", before || "none"], ["Afterwards", now ?? "none", "result"]];
		},
		button: () => "Change name",
		send: (values) => ({ method: "PUT", path: pathOf(account), body: values }),
		done: ({ name: now }) => (now ? `The name is ${now}.` : "The name is removed."),
		after: renew,
	});
}

export function changeEmails(account, renew) {
	const before = account.billing_emails;
	act({
		title: "Billing e-mails",
		lead: "Mails about payments and limits go to these addresses. A change is announced to the old ones.",
		id: `emails:${account.account_id}`,
		fields: [{ name: "billing_emails", label: "Addresses", kind: "lines", value: before.join("\n"), hint: "One a line" }],
		summary({ billing_emails: now }) {
			if (now.join() === before.join()) throw unchanged();
			return [["Now", before.join(", ") || "none"], ["Afterwards", now.join(", ") || "none", "result"]];
		},
		button: () => "Change e-mails",
		send: (values) => ({ method: "PUT", path: pathOf(account), body: values }),
		done: () => "Billing e-mails changed.",
		after: renew,
	});
}

export function changeZone(account, renew) {
	act({
		title: "Time zone",
		lead: "Days and months of the account begin by this time zone from now on.",
		id: `zone:${account.account_id}`,
		fields: [{ name: "time_zone", label: "Time zone", value: account.time_zone, hint: "An IANA name such as America/New_York" }],
		summary({ time_zone: now }) {
			if (now === account.time_zone) throw unchanged();
			return [["Now", account.time_zone], ["Afterwards", now, "result"]];
		},
		button: () => "Change time zone",
		send: (values) => ({ method: "PUT", path: pathOf(account), body: values }),
		done: ({ time_zone: now }) => `The time zone is ${now}.`,
		after: renew,
	});
}

export function changePrices(account, renew) {
	const now = { price_list: account.price_list, markup_percent: account.markup_percent };
	const text = ({ price_list: list, markup_percent: markup }) => `${list ? `List ${list}` : "No list"}, markup ${markup} %`;
	act({
		title: "Prices of the account",
		lead: "New prices are for calls that begin two minutes later, or after that. A list goes before the deck; the markup is on the deck's rates.",
		id: `prices:${account.account_id}`,
		fields: [{ name: "price_list", label: "Price list", value: now.price_list ?? "", isOptional: true, hint: "The name of a published list. Empty: no list" },
			{ name: "markup_percent", label: "Markup in percent", value: now.markup_percent, hint: "From -50.00 to 1000.00" }],
		summary(values) {
			if (values.price_list === now.price_list && Number(values.markup_percent) === Number(now.markup_percent)) throw unchanged();
			return [["Now", text(now)], ["Afterwards", text(values), "result"]];
		},
		button: () => "Change prices",
		send: (values) => ({ method: "PUT", path: pathOf(account), body: values }),
		done: (answer) => `${text(answer)}, for calls that begin from two minutes from now on.`,
		after: renew,
	});
}

const isId = (typed) => (/^[A-Za-z0-9_.:@+-]{1,64}$/.test(typed) ? null : "Enter 1 to 64 letters, digits, or _ . : @ + -");

/** Change a line, or add one (`line` is null). */
export function changeLine(account, line, renew) {
	const options = account.users.map(({ user_id: id, name }) => [id, `${name} (${id})`]);
	if (line && !options.some(([id]) => id === line.user.id)) options.unshift([line.user.id, line.user.name ?? line.user.id]);
	const body = ({ number, user_id: user, international_calling: isOn }) => ({ number, user_id: user, international_calling: isOn === "on", ...(line && { version: line.version }) });
	act({
		title: line ? "Change a line" : "Add a line",
		id: `line:${account.account_id}:${line?.line_id ?? ""}`,
		fields: [line ? null : { name: "line_id", label: "Line id", check: isId }, { name: "number", label: "Phone number", value: line?.number ?? "", hint: "With country code, such as +12125550101" }, { name: "user_id", label: "User", kind: "choice", options, value: line?.user.id },
			{ name: "international_calling", label: "International calling", kind: "choice", options: [["on", "On"], ["off", "Off"]], value: line?.international_calling ? "on" : "off" }].filter(Boolean),
		summary(values) {
			const now = { number: values.number, user_id: values.user_id, international_calling: values.international_calling === "on" };
			const before = line && { number: line.number, user_id: line.user.id, international_calling: line.international_calling };
			const names = { number: "Phone number", user_id: "User", international_calling: "International calling" };
			const all = Object.keys(names).filter((name) => !before || before[name] !== now[name]);
			if (!all.length) throw unchanged();
			const shown = (value) => (typeof value === "boolean" ? (value ? "On" : "Off") : value);
			return [["Line", line?.line_id ?? values.line_id], ...all.map((name) => [names[name], before ? `${shown(before[name])} → ${shown(now[name])}` : shown(now[name])])];
		},
		button: () => (line ? "Change line" : "Add line"),
		send: (values) => ({ method: "PUT", path: pathOf(account, "lines", line?.line_id ?? values.line_id), body: body(values) }),
		done: ({ number }) => `Line ${number} saved.`,
		after: renew,
	});
}

/** Rename a user, or add one (`user` is null). */
export function changeUser(account, user, renew) {
	act({
		title: user ? "Rename a user" : "Add a user",
		id: `user:${account.account_id}:${user?.user_id ?? ""}`,
		fields: [user ? null : { name: "user_id", label: "User id", check: isId }, { name: "name", label: "Name", value: user?.name ?? "" }].filter(Boolean),
		summary(values) {
			if (values.name === user?.name) throw unchanged();
			return [["User", user?.user_id ?? values.user_id], ["Name", user ? `${user.name} → ${values.name}` : values.name]];
		},
		button: () => (user ? "Rename" : "Add user"),
		send: (values) => ({ method: "PUT", path: pathOf(account, "users", user?.user_id ?? values.user_id), body: { name: values.name } }),
		done: ({ name }) => `${name} saved.`,
		after: renew,
	});
}

