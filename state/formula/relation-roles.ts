/** The roles of relations, in the order in which they are shown. Apart from the schemas, which are heavy to load. */
export const relationRoles = ['provides', 'requires', 'peers'] as const;

export type RelationRole = (typeof relationRoles)[number];
