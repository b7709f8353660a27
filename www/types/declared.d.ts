/**
 * How code is held against its public declaration: each type here is an error where the two have drifted apart.
 */

/** The code is assignable to what is declared. */
export type Holds<Code extends Declaration, Declaration> = Code;
/** There is nothing that is not declared. */
export type NothingElse<Undeclared extends never> = Undeclared;
