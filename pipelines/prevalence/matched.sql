-- Which terms show which behavior, and where that counts: what fits an excluding pattern of a behavior is left out of it.
--   in:  fits (n, exclude, term_id: from the walk over the terms), behavior (n, phases, roles, hows: bit n for code n)
--   out: n, term_id (distinct), phases, roles, hows
SELECT b.n, f.term_id, b.phases, b.roles, b.hows
FROM (SELECT n, term_id FROM fits GROUP BY n, term_id HAVING NOT bool_or(exclude)) AS f
JOIN behavior AS b ON b.n = f.n
