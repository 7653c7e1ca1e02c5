import { v } from "convex/values";

// The fields of a post, for the schema and for what functions return.
export const postFields = {
  title: v.string(),
  content: v.string(),
  words: v.number(),
  authorId: v.id("users"),
  authorName: v.string(),
  organizationId: v.id("organizations"),
  status: v.union(v.literal("draft"), v.literal("published"), v.literal("removing")),
  publishedAt: v.optional(v.number()),
  createdAt: v.number(),
};

export const commentFields = {
  postId: v.id("posts"),
  authorId: v.id("users"),
  content: v.string(),
  createdAt: v.number(),
};

// A document has two fields besides those of the schema: they belong into a return validator.
export const postValidator = v.object({ _id: v.id("posts"), _creationTime: v.number(), ...postFields });
export const commentValidator = v.object({
  _id: v.id("comments"),
  _creationTime: v.number(),
  ...commentFields,
});

export const orderStatusValidator = v.union(
  v.literal("pending"),
  v.literal("paid"),
  v.literal("cancelled"),
  v.literal("refunding"),
);
