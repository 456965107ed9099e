-- What a file is and where it lies (src/schema/classes.ts). NULL: recorded before there were classes.
ALTER TABLE file ADD COLUMN class TEXT;
ALTER TABLE file ADD COLUMN place TEXT;
