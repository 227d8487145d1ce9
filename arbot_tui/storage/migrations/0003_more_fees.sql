-- What an execution cost beside `fee`, a JSON object of decimal texts by asset.

ALTER TABLE fills ADD COLUMN more_fees TEXT NOT NULL DEFAULT '{}';
