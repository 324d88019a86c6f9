-- Where each project of the population stands: absent, not eligible, not scanned, scanned in part or in full.
--   in:  population, voice, family, scans
--   out: unit (the project), family, rank, absent, eligible, scanned, partly (0 or 1 each), why (of those eligible but not scanned:
--        the outcome of the last attempt)
SELECT
    p.project_id AS unit,
    coalesce(y.family, p.project_id) AS family,
    p.rank,
    CASE WHEN p.status = 'absent' THEN 1 ELSE 0 END AS absent,
    CASE WHEN f.files > 0 THEN 1 ELSE 0 END AS eligible,
    CASE WHEN f.done > 0 THEN 1 ELSE 0 END AS scanned,
    CASE WHEN f.done > 0 AND f.whole < f.files THEN 1 ELSE 0 END AS partly,
    CASE WHEN f.files > 0 AND f.done = 0 THEN coalesce(t.outcome, 'not yet tried') END AS why
FROM population AS p
LEFT JOIN family AS y ON y.project_id = p.project_id
LEFT JOIN (
    SELECT
        v.project_id,
        count(*) AS files,
        sum(CASE WHEN v.extractor IS NOT NULL THEN 1 ELSE 0 END) AS done,
        sum(CASE WHEN v.outcome = 'ok' THEN 1 ELSE 0 END) AS whole
    FROM voice AS v
    GROUP BY v.project_id
) AS f ON f.project_id = p.project_id
LEFT JOIN (
    SELECT
        v.project_id, s.outcome,
        row_number() OVER (PARTITION BY v.project_id ORDER BY s.started_at DESC, s.scan_id DESC) AS newest
    FROM voice AS v
    JOIN scans AS s ON s.artifact_id = v.artifact_id
    WHERE v.extractor IS NULL
) AS t ON t.project_id = p.project_id AND t.newest = 1
