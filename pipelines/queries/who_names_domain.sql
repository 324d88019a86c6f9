-- Who names this domain: the projects with a URL of it in a file of theirs, the most downloaded 1,000 of them.
--   domain: a registrable domain, as in example.com
SELECT r.rank, p.project, c.urls, c.times, c.example
FROM (
    SELECT f.project_id, count(DISTINCT f.term_id) AS urls, sum(f."count") AS times, min(u.url) AS example
    FROM (SELECT DISTINCT term_id, url FROM urls WHERE domain = $domain) AS u
    JOIN facts AS f ON f.term_id = u.term_id
    LEFT JOIN superseded AS s ON s.artifact_id = f.artifact_id AND s.extractor = f.extractor
    WHERE s.artifact_id IS NULL
    GROUP BY f.project_id
) AS c
JOIN (SELECT DISTINCT project_id, project FROM projects) AS p ON p.project_id = c.project_id
LEFT JOIN current_ranking AS r ON r.project = p.project
ORDER BY r.rank NULLS LAST, p.project
LIMIT 1000
