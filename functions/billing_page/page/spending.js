// Adds up the parts of GET /spending, and compares two sums. Amounts are whole micro-dollars.
import { decimal, micros, shifted } from "./format.js";
import { locale } from "./words.js";

export const GROUPS = ["user", "line", "country", "day"];

export function emptySums() {
	return { calls: 0, seconds: 0, total: 0n, groups: Object.fromEntries(GROUPS.map((name) => [name, new Map()])), read: 0, until: null, isLimited: false };
}

/** Add one answer to the sums. A part may be negative, where it only takes charges back. */
export function addPart(sums, answer) {
	sums.calls += answer.totals.calls;
	sums.seconds += answer.totals.billed_seconds;
	sums.total += micros(answer.totals.total);
	for (const name of GROUPS) for (const group of answer.groups[name] ?? []) addGroup(sums.groups[name], group);
	sums.read += answer.read?.calls ?? 0;
	sums.until = answer.read?.until ?? sums.until;
	sums.isLimited ||= Boolean(answer.limit_reached);
}

function addGroup(groups, { id, label, calls, billed_seconds: seconds, total }) {
	const key = id ?? "";
	const sum = groups.get(key) ?? { id: key, label: label ?? key, calls: 0, seconds: 0, total: 0n };
	groups.set(key, { ...sum, calls: sum.calls + calls, seconds: sum.seconds + seconds, total: sum.total + micros(total) });
}

/** The groups with the highest spending first; the sum of all others comes last. */
export function ranked(groups) {
	return [...groups.values()].filter(({ calls, total }) => calls || total).sort((one, other) => (one.id === "other") - (other.id === "other") || (other.total > one.total ? 1 : other.total < one.total ? -1 : 0));
}

/** The dates of equal length right before a period. */
export function before({ from, to }) {
	const length = Math.round((Date.parse(to) - Date.parse(from)) / 86_400_000) + 1;
	return { from: shifted(from, -length), to: shifted(from, -1), length };
}

/** The change from one sum to another: `{amount, percent}`; the percentage is null where there was nothing before. */
export function change(earlier, now) {
	const tenths = earlier > 0n ? ((now - earlier) * 2000n + (now >= earlier ? earlier : -earlier)) / (2n * earlier) : null;
	const percent = tenths === null ? null : new Intl.NumberFormat(locale, { style: "percent", maximumFractionDigits: 1, signDisplay: "exceptZero" }).format(Number(tenths) / 1000);
	return { amount: decimal(now - earlier), percent };
}

/** The share of a part, such as 12 %. */
export function share(part, whole) {
	if (whole <= 0n) return "";
	return new Intl.NumberFormat(locale, { style: "percent", maximumFractionDigits: 1 }).format(Number((part * 2000n + whole) / (2n * whole)) / 1000);
}

/** A bar for each day, or for each month of a period of more than `most` days. */
export function barsOf(groups, days, most) {
	const keyOf = days.length > most ? (day) => day.slice(0, 7) : (day) => day;
	const sums = new Map(days.map((day) => [keyOf(day), 0n]));
	for (const { id, total } of groups.values()) if (sums.has(keyOf(id))) sums.set(keyOf(id), sums.get(keyOf(id)) + total);
	return [...sums].map(([day, total]) => ({ day, amount: decimal(total) }));
}
