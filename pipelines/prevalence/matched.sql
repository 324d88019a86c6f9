-- Which terms show which behavior: the only place where rules meet names. What fits an excluding pattern is left out.
-- Equalities are joins here; prefixes, expressions and hosts come as `fits`, worked out in one walk over the terms.
--   in:  terms, urls, matcher (rule, kind, test, pattern, exclude), fits (rule, exclude, term_id)
--   out: rule, term_id (distinct)
WITH fitting AS (
    SELECT m.rule, m.exclude, t.term_id
    FROM terms AS t
    JOIN matcher AS m ON m.kind = t.kind AND m.pattern = t.value
    WHERE m.test IN ('exact', 'symbol')
    UNION ALL
    SELECT m.rule, m.exclude, t.term_id
    FROM terms AS t
    JOIN matcher AS m ON m.kind = t.kind AND m.pattern = t.module
    WHERE m.test = 'module'
    UNION ALL
    SELECT m.rule, m.exclude, t.term_id
    FROM terms AS t
    JOIN matcher AS m ON m.kind = t.kind AND m.pattern = t.root
    WHERE m.test = 'root'
    UNION ALL
    SELECT m.rule, m.exclude, t.term_id
    FROM terms AS t
    JOIN matcher AS m ON m.kind = t.kind AND m.pattern = substr(t.value, strpos(t.value, '!') + 1)
    WHERE m.test = 'symbol' AND t.kind = 'symbol' AND strpos(t.value, '!') > 0
    UNION ALL
    SELECT m.rule, m.exclude, u.term_id
    FROM urls AS u
    JOIN matcher AS m ON m.pattern = u.tld
    WHERE m.test = 'tld'
    UNION ALL
    SELECT f.rule, f.exclude, f.term_id
    FROM fits AS f
)
SELECT rule, term_id
FROM fitting
GROUP BY rule, term_id
HAVING NOT bool_or(exclude)
