-- Where each project of the population stands: absent, not eligible, not scanned, scanned in part or in full.
--   in:  population, voice, family, scans
--   out: unit (the project), family, rank, absent, eligible, scanned, partly (0 or 1 each), why (of those eligible but not scanned)
SELECT
    p.project_id AS unit,
    coalesce(y.family, p.project_id) AS family,
    p.rank,
    CASE WHEN p.status = 'absent' THEN 1 ELSE 0 END AS absent,
    CASE WHEN f.files > 0 THEN 1 ELSE 0 END AS eligible,
    CASE WHEN f.done > 0 THEN 1 ELSE 0 END AS scanned,
    CASE WHEN f.done > 0 AND f.whole < f.files THEN 1 ELSE 0 END AS partly,
    CASE WHEN f.files > 0 AND f.done = 0 THEN coalesce(f.outcome, 'not yet tried') END AS why
FROM population AS p
LEFT JOIN family AS y ON y.project_id = p.project_id
LEFT JOIN (
    SELECT
        v.project_id,
        count(*) AS files,
        sum(CASE WHEN v.extractor IS NOT NULL THEN 1 ELSE 0 END) AS done,
        sum(CASE WHEN v.outcome = 'ok' THEN 1 ELSE 0 END) AS whole,
        max(t.outcome) AS outcome
    FROM voice AS v
    LEFT JOIN (
        SELECT artifact_id, max(outcome) AS outcome FROM scans WHERE outcome NOT IN ('ok', 'partial') GROUP BY artifact_id
    ) AS t ON t.artifact_id = v.artifact_id AND v.extractor IS NULL
    GROUP BY v.project_id
) AS f ON f.project_id = p.project_id
