// Saved payment methods. Card and account numbers are entered on Stripe's page only.
import { ask } from "./api.js";

const DRAFT = "draft";

/** Whether a method can pay now. */
export const payable = ({ can_pay: can, state }) => can ?? !["blocked", "expired"].includes(state);

/** The saved input of a form, kept across Stripe's page and sign-ins. */
export const draft = (name) => JSON.parse(sessionStorage.getItem(DRAFT) ?? "{}")[name] ?? {};

export function keepDraft(name, typed) {
	const all = JSON.parse(sessionStorage.getItem(DRAFT) ?? "{}");
	sessionStorage.setItem(DRAFT, JSON.stringify({ ...all, [name]: typed }));
}

/** Leave for Stripe's page that saves a method; `form` is where the user was. */
export async function addMethod(form, type, saved) {
	keepDraft("cards", { form, known: saved.map(({ id }) => id) });
	const { url } = await ask("POST", "/payment-methods", { body: { type } });
	location.assign(url);
}

export const hasLeft = (form) => draft("cards").form === form;

/** The method just added from this form, or null. */
export function added(form, saved) {
	return hasLeft(form) ? saved.find(({ id }) => !draft("cards").known.includes(id)) ?? null : null;
}

export const addedIsSeen = () => keepDraft("cards", {});
