-- The findings of a bundle: every file that was read and what it shows, with the first evidence of each; what counts, and what not.
SELECT project, version, filename, rule, counts, phase, role, path, line, kind, value, "count", verdict
FROM shown
ORDER BY project, filename, rule
