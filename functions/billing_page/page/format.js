// Formats money, times, and counts. Money never becomes a float: sums use whole micro-dollars, and Intl formats strings.
import common from "messages/common";
import { locale, translator } from "./words.js";

const DECIMAL = /^(-?)(\d{1,12})(?:\.(\d{1,6}))?$/;
const MILLION = 1000000n;

const t = translator(common);

let zone = "UTC";

export function useZone(name) { zone = name; }
export const zoneName = () => zone;

/** Micro-dollars of a decimal string, or null. */
export function micros(text) {
	const match = DECIMAL.exec(text);
	if (!match) return null;
	const whole = BigInt(match[2]) * MILLION + BigInt((match[3] ?? "").padEnd(6, "0"));
	return match[1] ? -whole : whole;
}

/** Micro-dollars as a decimal string with at least two places. */
export function decimal(amount) {
	const size = amount < 0n ? -amount : amount;
	const fraction = String(size % MILLION).padStart(6, "0");
	return `${amount < 0n ? "-" : ""}${size / MILLION}.${fraction.slice(0, 2)}${fraction.slice(2).replace(/0+$/, "")}`;
}

const separator = new Intl.NumberFormat(locale).formatToParts(0.5).find(({ type }) => type === "decimal").value;

/** The sign of the currency before an amount: "US$" where "$" would mean another dollar. */
export const sign = new Intl.NumberFormat(locale, { style: "currency", currency: "USD" }).formatToParts(0).find(({ type }) => type === "currency").value;

/** An amount as people type it here, without sign: "25,00" in French. */
export const untyped = (text) => (DECIMAL.test(text ?? "") ? text.replace(".", separator) : text);

export const decimalExample = `25${separator}00`;

/** A typed amount in the format of the API; null if it is none. A comma is the decimal separator where the reader's region uses
 * it, and a point is one everywhere. A text that may mean thousandths is none: 0,250 is not 250. */
export function typedAmount(text) {
	const bare = text.replace(/[\s$]|USD?/g, "");
	if (/^0+[,.]\d{3}/.test(bare) || (separator === "," && /^\d+,\d{3}$/.test(bare))) return null;
	const point = separator === "," ? bare.replace(/\.(?=\d{3}(\D|$))/g, "").replace(/,(?=\d{0,2}$)/, ".") : bare;
	const plain = point.replace(/,(?=\d{3}(\D|$))/g, "");
	if (!/^\d{1,9}(\.\d{0,2})?$/.test(plain)) return null;
	const [whole, cents = ""] = plain.split(".");
	return `${BigInt(whole)}.${cents.padEnd(2, "0")}`;
}

export const placesOf = (text) => Math.max(2, (text.split(".")[1] ?? "").length);

/** An amount with all its decimal places, at least `places`. */
export function money(text, { places = 2, signed = false, isShort = false } = {}) {
	return new Intl.NumberFormat(locale, {
		style: "currency", currency: "USD", minimumFractionDigits: places, maximumFractionDigits: Math.max(places, 6), notation: isShort ? "compact" : "standard",
		signDisplay: signed ? "exceptZero" : "auto",
	}).format(text);
}

/** An amount rounded down to cents, so that it never overstates the balance. */
export function cents(text) {
	return new Intl.NumberFormat(locale, { style: "currency", currency: "USD", roundingMode: "floor" }).format(text);
}

/** A sum in cents. Prices of calls have four places; their sums are shown in cents. */
export function roundedMoney(text, { signed = false } = {}) {
	return new Intl.NumberFormat(locale, { style: "currency", currency: "USD", signDisplay: signed ? "exceptZero" : "negative" }).format(text);
}

const clock = (instant, options) => new Intl.DateTimeFormat(locale, { timeZone: zone, ...options }).format(new Date(instant));

export const time = (instant) => clock(instant, { timeStyle: "short" });
export const date = (instant) => clock(instant, { dateStyle: "medium" });
export const nearDate = (instant) => (dayOf(instant).slice(0, 4) === today().slice(0, 4) ? clock(instant, { month: "short", day: "numeric" }) : date(instant));
export const moment = (instant) => clock(instant, { dateStyle: "medium", timeStyle: "short" });
export const dayOf = (instant) => new Intl.DateTimeFormat("en-CA", { timeZone: zone }).format(new Date(instant));
export const today = () => dayOf(Date.now());

/** "at 14:05" today, "on Nov 26 at 14:05" otherwise. */
export function when(instant) {
	return dayOf(instant) === today() ? t("atTime", { time: time(instant) }) : t("onDayAtTime", { day: clock(instant, { month: "short", day: "numeric" }), time: time(instant) });
}

const plainDay = (day, options) => new Intl.DateTimeFormat(locale, { timeZone: "UTC", ...options }).format(new Date(`${day}T12:00Z`));

export const shortDay = (day) => plainDay(day, { month: "short", day: "numeric" });
export const longDay = (day, options = { dateStyle: "medium" }) => plainDay(day, options);

export function shifted(day, days) {
	const moved = new Date(`${day}T12:00Z`);
	moved.setUTCDate(moved.getUTCDate() + days);
	return moved.toISOString().slice(0, 10);
}

export function daysBetween(first, last) {
	const days = [];
	for (let day = first; day <= last && days.length < 4000; day = shifted(day, 1)) days.push(day);
	return days;
}

export function duration(seconds) {
	const parts = [[Math.floor(seconds / 3600), "h"], [Math.floor(seconds / 60) % 60, "min"], [seconds % 60, "s"]];
	return parts.filter(([size]) => size).map(([size, unit]) => `${size} ${unit}`).join(" ") || "0 s";
}

/** A percentage such as "12.50" of the API. */
export const percent = (text) => new Intl.NumberFormat(locale, { style: "percent", maximumFractionDigits: 4 }).format(Number(text) / 100);
export const count = (number) => new Intl.NumberFormat(locale).format(number);
export const minutes = (seconds) => new Intl.NumberFormat(locale, { maximumFractionDigits: 1 }).format(seconds / 60);
export const plural = (number, one, many = `${one}s`) => `${count(number)} ${number === 1 ? one : many}`;

const BRANDS = { amex: "American Express", jcb: "JCB", diners: "Diners Club", unionpay: "UnionPay", us_bank_account: t("bankAccount") };

const named = ({ brand, last4, bank_name: bank }) => bank ? t("bankEnding", { bank, last4 }) : t("ending", { brand: BRANDS[brand] ?? brand.replace(/^./, (letter) => letter.toUpperCase()), last4 });
/** A payment method as a person recognizes it; "" while it is not known which one pays. */
export const cardName = (card) => (card ? named(card) : "");
