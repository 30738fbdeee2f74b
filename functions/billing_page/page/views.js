// The views of money that main.js loads on demand.
import { addCodes } from "./codes.js";
import more from "messages/more_codes";
import codes from "messages/views_codes";

export { callsPage } from "./calls.js";
export { historyPage } from "./history.js";
export { ruleForm } from "./recharge_form.js";
export { spendPage } from "./spend.js";
export { statementPage } from "./statement.js";

addCodes({ ...more, ...codes });
