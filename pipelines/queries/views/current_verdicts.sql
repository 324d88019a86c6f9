-- The newest word of a reviewer on each rule of each project, or of one file of it.
SELECT "on", project, rule, member_sha256, verdict, "by", why
FROM (
    SELECT
        "on", project, rule, member_sha256, verdict, "by", why,
        row_number() OVER (PARTITION BY project, rule, member_sha256 ORDER BY "on" DESC) AS newest
    FROM verdicts
) AS words
WHERE newest = 1
