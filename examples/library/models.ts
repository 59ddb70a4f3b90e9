// A small library: authors, books, reviews and the users who write them. `npm start` serves it.

import { type Database, index, model, t } from '@ochre/model'

export const Author = model('author', {
  id: t.string(),
  name: t.string().max(200).index(),
  born: t.int().optional(),
})

export const Book = model(
  'book',
  {
    id: t.string(),
    title: t.string().max(300).index(),
    authorId: t.string(),
    isbn: t.string().unique(),
    published: t.int().index(),
    copies: t.int().min(0).default(1),
    lent: t.int().min(0).default(0),
    rating: t.float().default(0).index(),
    subjects: t.set(t.string()),
  },
  (book) => ({ indexes: [index(book.authorId, book.published.desc())], feed: true }),
)

export const User = model('user', {
  id: t.ulid(),
  email: t.string().max(320).unique({ fold: 'lower' }),
  name: t.string().max(200),
  status: t.enum(['active', 'blocked']).default('active').index(),
  joined: t.date().defaultNow(),
  borrowed: t.list(t.string()),
})

export const Review = model(
  'review',
  {
    id: t.ulid(),
    bookId: t.string(),
    userId: t.string(),
    stars: t.int().min(1).max(5),
    text: t.string().max(5000).optional(),
    written: t.date().defaultNow(),
  },
  (review) => ({ indexes: [index(review.bookId, review.written.desc())] }),
)

const models = { Author, Book, User, Review }

/** The first shelf; `ochre serve` calls it once, while the library is empty. */
export async function seed(db: Database<typeof models>): Promise<void> {
  await db.Author.createMany([
    { id: 'le-guin', name: 'Ursula K. Le Guin', born: 1929 },
    { id: 'lem', name: 'Stanisław Lem', born: 1921 },
    { id: 'borges', name: 'Jorge Luis Borges', born: 1899 },
  ])
  await db.Book.createMany([
    {
      id: 'left-hand',
      title: 'The Left Hand of Darkness',
      authorId: 'le-guin',
      isbn: '978-0-441-47812-5',
      published: 1969,
      copies: 3,
      subjects: ['science fiction', 'gender'],
    },
    {
      id: 'solaris',
      title: 'Solaris',
      authorId: 'lem',
      isbn: '978-0-15-602760-1',
      published: 1961,
      copies: 2,
      subjects: ['science fiction'],
    },
    {
      id: 'ficciones',
      title: 'Ficciones',
      authorId: 'borges',
      isbn: '978-0-8021-3030-3',
      published: 1944,
      subjects: ['short stories'],
    },
  ])
}
